"""Contrast and colour vision of the palette, worked out here from the published formulas.

Contrast: WCAG 2.2 relative luminance. Colour difference: CIEDE2000 (Sharma, Wu, Dalal 2005). Colour deficiency:
Machado, Oliveira, Fernandes 2009, severity 1.0, in linear RGB.
"""

import math
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from core.domain.statuses import Availability
from widgets.palette import DARK, LIGHT, Palette

Vector = NDArray[np.float64]

PALETTES = [pytest.param(DARK, id="dark"), pytest.param(LIGHT, id="light")]
VISIONS = {
    "normal": np.eye(3),
    "protan": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deutan": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritan": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = np.array([0.95047, 1.0, 1.08883])


def linear(colour: str) -> Vector:
    coded = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    lights = sorted(float(TO_XYZ[1] @ linear(colour)) for colour in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def lab(rgb: Vector) -> Vector:
    ratio = TO_XYZ @ np.clip(rgb, 0, 1) / WHITE
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def ciede2000(one: Vector, other: Vector) -> float:
    (l1, a1, b1), (l2, a2, b2) = (map(float, each) for each in (one, other))
    mean_c = (math.hypot(a1, b1) + math.hypot(a2, b2)) / 2
    g = 0.5 * (1 - math.sqrt(mean_c**7 / (mean_c**7 + 25**7)))
    a1, a2 = a1 * (1 + g), a2 * (1 + g)
    c1, c2 = math.hypot(a1, b1), math.hypot(a2, b2)
    h1, h2 = math.degrees(math.atan2(b1, a1)) % 360, math.degrees(math.atan2(b2, a2)) % 360
    turn = 0.0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    d_l, d_c, d_h = l2 - l1, c2 - c1, 2 * math.sqrt(c1 * c2) * math.sin(math.radians(turn / 2))
    mean_l, mean_c2 = (l1 + l2) / 2, (c1 + c2) / 2
    mean_h = h1 + h2 if c1 * c2 == 0 else (h1 + turn / 2) % 360
    t = (
        1
        - 0.17 * math.cos(math.radians(mean_h - 30))
        + 0.24 * math.cos(math.radians(2 * mean_h))
        + 0.32 * math.cos(math.radians(3 * mean_h + 6))
        - 0.20 * math.cos(math.radians(4 * mean_h - 63))
    )
    s_l = 1 + 0.015 * (mean_l - 50) ** 2 / math.sqrt(20 + (mean_l - 50) ** 2)
    s_c, s_h = 1 + 0.045 * mean_c2, 1 + 0.015 * mean_c2 * t
    r_c = 2 * math.sqrt(mean_c2**7 / (mean_c2**7 + 25**7))
    r_t = -math.sin(math.radians(60 * math.exp(-(((mean_h - 275) / 25) ** 2)))) * r_c
    parts = d_l / s_l, d_c / s_c, d_h / s_h
    return math.sqrt(sum(part**2 for part in parts) + r_t * parts[1] * parts[2])


def test_that_the_colour_difference_agrees_with_the_published_test_data() -> None:
    pairs = [
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, -1.0, 2.0), (50.0, 0.0, 0.0), 2.3669),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ]
    for one, other, published in pairs:
        assert ciede2000(np.array(one), np.array(other)) == pytest.approx(published, abs=1e-4)


def meanings(palette: Palette) -> dict[str, str]:
    return {each.value: palette.of(each) for each in Availability} | {"alarm": palette.alarm}


@pytest.mark.parametrize("palette", PALETTES)
@pytest.mark.parametrize("vision", VISIONS)
def test_that_the_five_meaning_colours_stay_apart_for_every_colour_vision(palette: Palette, vision: str) -> None:
    seen = {name: lab(VISIONS[vision] @ linear(colour)) for name, colour in meanings(palette).items()}
    apart = {(a, b): ciede2000(seen[a], seen[b]) for a, b in combinations(seen, 2)}
    nearest = min(apart, key=lambda pair: apart[pair])
    assert apart[nearest] >= 19, f"{nearest} are {apart[nearest]:.1f} apart"


@pytest.mark.parametrize("palette", PALETTES)
def test_that_the_five_meaning_colours_stand_out_from_the_panels(palette: Palette) -> None:
    for name, colour in meanings(palette).items():
        assert contrast(colour, palette.surface) >= 4.4, name


@pytest.mark.parametrize("palette", PALETTES)
def test_that_words_are_readable_on_every_ground(palette: Palette) -> None:
    grounds = (palette.background, palette.surface, palette.raised, palette.hover)
    for ground in grounds:
        for name in ("text", "muted", "alarm_ink", "focus"):
            assert contrast(getattr(palette, name), ground) >= 4.5, (name, ground)
    for name in ("text", "alarm_ink"):
        assert contrast(getattr(palette, name), palette.selected) >= 4.5, name


@pytest.mark.parametrize("palette", PALETTES)
def test_that_words_on_badges_are_readable(palette: Palette) -> None:
    for availability in (Availability.FREE, Availability.MOVING, Availability.WORKING):
        assert contrast(palette.badge_text, palette.of(availability)) >= 4.5, availability
    assert contrast(palette.alarm_text, palette.alarm) >= 4.5


@pytest.mark.parametrize("palette", PALETTES)
def test_that_the_focus_ring_and_selection_can_be_seen(palette: Palette) -> None:
    assert contrast(palette.focus, palette.surface) >= 3
    assert contrast(palette.focus, palette.selected) >= 3
    assert contrast(palette.accent_text, palette.accent) >= 4.5


@pytest.mark.parametrize("palette", PALETTES)
@pytest.mark.parametrize("vision", VISIONS)
def test_that_a_gap_in_coverage_is_not_taken_for_a_status(palette: Palette, vision: str) -> None:
    seen = lab(VISIONS[vision] @ linear(palette.gap))
    for name, colour in meanings(palette).items():
        assert ciede2000(seen, lab(VISIONS[vision] @ linear(colour))) >= 12, name


def test_that_a_gap_can_be_seen_on_the_map() -> None:
    assert contrast(DARK.gap, "#171C23") >= 3
    assert contrast(LIGHT.gap, "#EEEFEC") >= 3
