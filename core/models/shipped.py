"""The severity model that ships with Foredesk: in no registry, and in use where no other was approved."""

from pathlib import Path

from msgspec import Struct

SHIPPED = "shipped"  # what people call it where others have a number


class ShippedModel(Struct, frozen=True):
    """What its file says of it; `card` is Markdown."""

    name: str
    sha256: str
    size: int
    made_at: str  # ISO 8601, UTC
    data: str
    figures: dict[str, float]
    card: str
    in_use: bool

    @property
    def state(self) -> str:
        use = "in use" if self.in_use else "not in use, as another was approved"
        return f"shipped with Foredesk, {use}"


def read_shipped(path: Path, *, in_use: bool) -> ShippedModel:
    """The model of that file, whole and checked. Raises Unavailable."""
    from core.severity.loading import load_bundle

    bundle = load_bundle(path)
    made = bundle.manifest
    size = path.stat().st_size
    return ShippedModel(made.name, bundle.sha256, size, made.made_at, made.data, made.figures, bundle.card, in_use)
