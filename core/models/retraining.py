"""When a model should be trained anew: by schedule, by enough new outcomes, or for an alarm; and when it may run."""

from collections.abc import Sequence

from msgspec import Struct

from core.domain.agency import ModelRules
from core.models.limits import Alert
from core.models.record import Kind

_DAY_MS = 86_400_000


class Standing(Struct, frozen=True, kw_only=True):
    """How things stand now; times are UTC ms, 0 for never."""

    kind: Kind
    now_ms: int
    local_hour: int
    open_incidents: int
    trained_at: int  # the newest model of the kind, whatever became of it
    tried_at: int  # the last attempt, though it failed
    new_outcomes: int  # since what that model was trained on
    alerts: Sequence[Alert] = ()


class Decision(Struct, frozen=True):
    """`due`: there is a reason to train; `now`: and the desk is quiet enough. `reason` says why, or why not."""

    due: bool
    now: bool
    reason: str


def decide(rules: ModelRules, standing: Standing) -> Decision:
    """Whether to train a candidate. Nothing here ever approves one."""
    last = max(standing.trained_at, standing.tried_at)
    days = (standing.now_ms - last) / _DAY_MS
    if last and days < rules.fewest_days:
        return Decision(
            False, False, f"It was trained {_days(days)} ago; at least {rules.fewest_days} days lie between."
        )
    reason = _reason(rules, standing, days if last else None)
    if not reason:
        return Decision(False, False, _not_yet(rules, standing))
    if trouble := _busy(rules, standing):
        return Decision(True, False, f"{reason} {trouble}")
    return Decision(True, True, reason)


def _reason(rules: ModelRules, standing: Standing, days: float | None) -> str:
    alarms = [alert for alert in standing.alerts if alert.level > 1]
    if rules.on_alarm and alarms:
        return f"There is an alarm: {alarms[0].title}."
    if rules.new_outcomes and standing.new_outcomes >= rules.new_outcomes:
        return f"{standing.new_outcomes:,} new outcomes have come; {rules.new_outcomes:,} are enough."
    if rules.every_days and days is not None and days >= rules.every_days:
        return f"The last model is {_days(days)} old; every {rules.every_days} days one is trained."
    return ""


def _not_yet(rules: ModelRules, standing: Standing) -> str:
    enough = f" of {rules.new_outcomes:,}" if rules.new_outcomes else ""
    return f"There is no reason to train: {standing.new_outcomes:,}{enough} new outcomes, no alarm."


def _busy(rules: ModelRules, standing: Standing) -> str:
    first, last, hour = rules.quiet_from_hour, rules.quiet_to_hour, standing.local_hour
    quiet = first <= hour < last if first <= last else hour >= first or hour < last
    if first != last and not quiet:
        return f"It waits for the quiet hours, {first:02}:00 to {last:02}:00."
    if standing.open_incidents > rules.most_open_incidents:
        return f"It waits: {standing.open_incidents} incidents are open."
    return ""


def _days(days: float) -> str:
    return "less than a day" if days < 1 else "1 day" if days < 2 else f"{int(days)} days"
