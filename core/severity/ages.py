"""Reads a patient's age and sex from what was typed, in five languages: "67 year old man", "bebe de 6 meses"."""

import re

OLDEST_YEARS = 115.0
READ_CHARACTERS = 600  # who it is stands near the beginning

_YEARS = r"y(?:ea)?rs?|yo|y/?o|y\.o\.?|anos?|ans?|jahre?|jaehrig\w*|jahrig\w*"
_MONTHS = r"m(?:on)?ths?|mos?|m/?o|meses|mes|mois|monate?"
_WEEKS = r"w(?:ee)?ks?|semanas?|semaines?|wochen?"
_DAYS = r"days?|dias?|jours?|tage?"
_AGE = re.compile(
    rf"(?<![\d.,])(\d{{1,3}})\s*-?\s*(?:(?P<y>{_YEARS})|(?P<m>{_MONTHS})|(?P<w>{_WEEKS})|(?P<d>{_DAYS}))"
    r"\s*-?\s*(?P<old>old|of\s+age|de\s+edad|de\s+idade|alt\w*|f|m|female|male)?\b"
)
_SHORT = re.compile(r"(?<![\d.,])(\d{1,3})\s*(?P<unit>y|m)\s*/?\s*(?:o\s*/?\s*)?(?P<sex>f|m)\b")
_AGED = re.compile(r"\b(?:aged?|edad|age de|agee? de|idade)\s*(?:of|de|:)?\s*(\d{1,3})\b")
_NOT_AGES = re.compile(r"\s*(?:ago|earlier|later|back|atras|ya|now|prior|before|since|pregnant|zuvor|schwanger)")
_BEFORE = re.compile(r"(?:for|since|past|last|hace|desde|depuis|il y a|vor|seit|within|after|in|every)\s*(?:the\s*)?$")
_NEWBORN = re.compile(r"\b(?:newborn|new born|recien nacid[oa]|nouveau[ -]ne|neugeborene\w*|recem nascid[oa])\b")
_BABY = re.compile(r"\b(?:baby|infant|bebe|guagua|nourrisson|saeugling|saugling|babys)\b")
_WOMEN = (
    r"female|woman|girl|wife|mother|mom|mum|grandmother|daughter|sister|she|her|lady|pregnant|mujer|nina|senora"
    r"|esposa|madre|hija|abuela|hermana|femme|fille|fillette|mere|epouse|elle|frau|maedchen|madchen|mutter|mulher"
    r"|menina"
)
_MEN = (
    r"male|man|boy|husband|father|dad|grandfather|son|brother|he|him|his|guy|hombre|nino|senor|esposo|padre|hijo"
    r"|abuelo|hermano|homme|garcon|pere|mari|il|mann|junge|vater|homem|menino"
)
_FEMALE, _MALE = re.compile(rf"\b(?:{_WOMEN})\b"), re.compile(rf"\b(?:{_MEN})\b")
_NOT_YEARS = (
    r"\s*(?:[:/%.,]\d|st\b|nd\b|rd\b|th\b|m\b|km|min|hour|sec|day|week|month|block|mile|meter|metre|feet|foot|floor|kilo"
    r"|pound|pill|time|people|kid|child|times|hora|dia|semana|mes|piso|jour|heure|etage|stunde|tag|woche|monat)"
)
_PERSON_OF = re.compile(
    rf"\b(?:{_WOMEN}|{_MEN}|child|kid|patient|person)\s*,?\s*(?:'s|is|of|at|aged|de|tiene|ist)?\s*\(?(\d{{1,3}})\b(?!{_NOT_YEARS})"
)


def age_in(folded_text: str) -> float | None:
    """The age in years that the text (as `folded` gives it) tells of first, None where it tells of none."""
    text = folded_text[:READ_CHARACTERS]
    if short := _SHORT.search(text):
        return _bounded(float(short[1]) / (12 if short["unit"] == "m" else 1))
    for match in _AGE.finditer(text):
        number, per_year = float(match[1]), _per_year(match)
        if _NOT_AGES.match(text, match.end()) or (not match["old"] and _BEFORE.search(text[: match.start()])):
            continue
        if per_year > 1 and not match["old"] and not _BABY.search(text):
            continue  # "3 days" alone is a time, not an age
        return _bounded(number / per_year)
    if aged := _AGED.search(text):
        return _bounded(float(aged[1]))
    if told := _PERSON_OF.search(text):
        return _bounded(float(told[1]))
    if _NEWBORN.search(text):
        return 0.0
    return 0.5 if _BABY.search(text) else None


def sex_in(folded_text: str) -> str:
    """Either "female" or "male"; "" where the text tells of neither or of both."""
    text = folded_text[:READ_CHARACTERS]
    if short := _SHORT.search(text):
        return "female" if short["sex"] == "f" else "male"
    female, male = _FEMALE.search(text), _MALE.search(text)
    return "" if bool(female) == bool(male) else "female" if female else "male"


def _per_year(match: re.Match[str]) -> float:
    return 1.0 if match["y"] else 12.0 if match["m"] else 52.18 if match["w"] else 365.25


def _bounded(years: float) -> float | None:
    return years if years <= OLDEST_YEARS else None
