"""The models on the health strip: only when something of them is to be looked at."""

from widgets.context import DeskContext
from widgets.health_item import HealthItem, HealthLevel


def models_item(context: DeskContext) -> HealthItem | None:
    """None while no alert stands, or nobody has looked yet. Models only suggest, so that it warns and never alarms."""
    overview = context.models.overview if context.models else None
    found = overview.alerts if overview else ()
    if not found:
        return None
    alarms = sum(alert.level > 1 for alert in found)
    count, what = (alarms, "alarm") if alarms else (len(found), "warning")
    word = f"{count} {what}{'s' if count > 1 else ''}"
    reasons = tuple(alert.reason for alert in found[:4])
    remedies = ("Ctrl+Shift+M shows the models. People decide; the suggestion is one of several things they look at.",)
    return HealthItem("models", "Models", word, HealthLevel.WARN, reasons, remedies)
