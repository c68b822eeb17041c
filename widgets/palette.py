"""The colours with a meaning, and the neutrals around them, for the dark and the light theme.

The five meaning colours were searched and measured for contrast and for colour-deficient vision; tests hold both.
"""

from dataclasses import dataclass

from core.domain.statuses import Availability


@dataclass(frozen=True, slots=True)
class Palette:
    name: str
    background: str
    surface: str  # panels
    raised: str  # headers, inputs
    line: str
    text: str
    muted: str
    accent: str  # marks of the house that carry no meaning: selected tab, map handle, progress
    accent_text: str
    free: str
    moving: str
    working: str
    unusable: str
    alarm: str
    gap: str  # where coverage is missing, on the map and in its panel; always with a hatch, never alone
    gap_soon: str  # where a dispatch would open one
    covered_1: str  # by one team; the more teams, the farther from the ground
    covered_2: str
    covered_3: str
    alarm_text: str  # on a filled alarm badge
    alarm_ink: str  # the alarm colour where it is text on a ground
    badge_text: str  # on a badge filled with one of the four availability colours
    selected: str  # the ground of a selected row; `text` is read on it
    hover: str
    focus: str  # the ring around what has the keyboard

    @property
    def dark(self) -> bool:
        return self.name == "dark"

    def of(self, availability: Availability) -> str:
        return {
            Availability.FREE: self.free,
            Availability.MOVING: self.moving,
            Availability.WORKING: self.working,
            Availability.UNUSABLE: self.unusable,
        }[availability]


DARK = Palette(
    name="dark",
    background="#0F1317",
    surface="#15191E",
    raised="#1E242B",
    line="#2E363F",
    text="#E6EAEE",
    muted="#9AA4AE",
    accent="#5B6B7C",
    accent_text="#FFFFFF",
    free="#8DFCCE",
    moving="#1394F6",
    working="#F2CC20",
    unusable="#7E8388",
    alarm="#DE5144",
    gap="#8E5AA0",
    gap_soon="#D9A8E8",
    covered_1="#59636E",
    covered_2="#84919E",
    covered_3="#B6C2CD",
    alarm_text="#0B0E11",
    alarm_ink="#F58378",
    badge_text="#0B0E11",
    selected="#2B3844",
    hover="#20272E",
    focus="#C3CFDA",
)

LIGHT = Palette(
    name="light",
    background="#E9EDF1",
    surface="#FFFFFF",
    raised="#F4F6F8",
    line="#CBD2D9",
    text="#12161A",
    muted="#4E5963",
    accent="#5A6B7D",
    accent_text="#FFFFFF",
    free="#14856F",
    moving="#003AD0",
    working="#936C04",
    unusable="#34393E",
    alarm="#710902",
    gap="#C060B0",
    gap_soon="#7C2F78",
    covered_1="#CBD2D8",
    covered_2="#A4AFB8",
    covered_3="#7B8893",
    alarm_text="#FFFFFF",
    alarm_ink="#710902",
    badge_text="#FFFFFF",
    selected="#D5DEE7",
    hover="#EBEFF3",
    focus="#2A3642",
)
