"""Earth-centred coordinates, in which some receivers give their solution, as places and motions on the ground."""

from math import atan2, cos, degrees, hypot, radians, sin, sqrt

_A_M = 6_378_137.0  # WGS 84
_F = 1 / 298.257223563
_B_M = _A_M * (1 - _F)
_E2 = _F * (2 - _F)
_SECOND_E2 = _E2 / (1 - _E2)
_NEAR_CENTRE_M = 6_000_000.0


def geodetic(x_m: float, y_m: float, z_m: float) -> tuple[float, float, float] | None:
    """Latitude and longitude in degrees and height above the ellipsoid in metres, to a millimetre near the ground.

    None for points inside the earth, among them the centre that receivers without a fix give. After Bowring (1976).
    """
    from_axis_m = hypot(x_m, y_m)
    if hypot(from_axis_m, z_m) < _NEAR_CENTRE_M:
        return None
    reduced = atan2(z_m * _A_M, from_axis_m * _B_M)
    lat = atan2(z_m + _SECOND_E2 * _B_M * sin(reduced) ** 3, from_axis_m - _E2 * _A_M * cos(reduced) ** 3)
    normal_m = _A_M / sqrt(1 - _E2 * sin(lat) ** 2)
    height_m = from_axis_m * cos(lat) + (z_m + _E2 * normal_m * sin(lat)) * sin(lat) - normal_m
    return degrees(lat), degrees(atan2(y_m, x_m)), height_m


def ground_motion(lat: float, lon: float, vx: float, vy: float, vz: float) -> tuple[float, float]:
    """Speed over the ground in the unit given, and its direction in degrees from north."""
    phi, lam = radians(lat), radians(lon)
    outward = cos(lam) * vx + sin(lam) * vy
    north = cos(phi) * vz - sin(phi) * outward
    east = cos(lam) * vy - sin(lam) * vx
    return hypot(north, east), degrees(atan2(east, north)) % 360
