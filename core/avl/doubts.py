"""What a fix may say against itself although its sentence is whole: told with the fix, never mended."""

from core.avl.dating import week_doubt

# Where receivers say they are before they have ever seen the sky, and how near counts as there (degrees, some 50 m).
_FACTORIES = (
    (38.85555, -94.799028, "Garmin's works in Olathe"),
    (0.0, 0.0, "zero north, zero east"),
)
_NEAR_DEG = 0.0005


def factory_doubt(lat: float | None, lon: float | None) -> str:
    """A sentence if the position is one that receivers carry from the factory; else ""."""
    if lat is None or lon is None:
        return ""
    for its_lat, its_lon, name in _FACTORIES:
        if -_NEAR_DEG < lat - its_lat < _NEAR_DEG and -_NEAR_DEG < lon - its_lon < _NEAR_DEG:
            return f"This is a factory position ({name}), not a place the device has measured."
    return ""


def doubt(lat: float | None, lon: float | None, fixed_at: int | None, received_at: int, *, valid: bool) -> str:
    """All that speaks against a fix, as sentences."""
    factory, week = factory_doubt(lat, lon), week_doubt(fixed_at, received_at)
    if not factory and not week and (lat is not None or not valid):
        return ""
    bare = "The device calls this fix good and gives no position." if valid and lat is None else ""
    return " ".join(filter(None, (factory, week, bare)))
