"""What is watched, from which value on it is worth a warning or an alarm, why it matters, and what to do: one table."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from core.models.record import Kind


class Watch(Struct, frozen=True, kw_only=True):
    """One watched measure. It is judged once it stands on `fewest` cases; `low_is_bad` turns the comparison round."""

    name: str
    title: str
    warn: float
    alarm: float
    fewest: int
    why: str
    do: str
    percent: bool = False
    unit: str = ""
    low_is_bad: bool = False
    group: str = ""  # measures of one group share a chart

    def said(self, value: float) -> str:
        if self.percent:
            return f"{100 * value:.1f} %"
        return f"{value:.0f} {self.unit}" if self.unit else f"{value:.2f}"

    def level(self, value: float) -> int:
        """0 calm, 1 warning, 2 alarm."""
        sign = -1.0 if self.low_is_bad else 1.0
        return sum(sign * value >= sign * limit for limit in (self.warn, self.alarm))


def _drift(name: str, title: str) -> Watch:
    return Watch(
        name=name,
        title=title,
        warn=0.10,
        alarm=0.25,
        fewest=200,
        why="calls differ from those the model learned from, so what it was tested on says less about today",
        do="Look at what changed; train a candidate on newer history.",
        group="drift",
    )


WATCHES: Mapping[Kind, Sequence[Watch]] = {
    Kind.SEVERITY: (
        Watch(
            name="under_triage",
            title="Severe outcomes suggested as less",
            warn=0.10,
            alarm=0.15,
            fewest=30,
            percent=True,
            why="severe cases are suggested as less than they turn out to be",
            do="Read those calls with the medical director; roll back or widen the red flags.",
            group="triage",
        ),
        Watch(
            name="over_triage",
            title="Other outcomes suggested as severe",
            warn=0.50,
            alarm=0.65,
            fewest=50,
            percent=True,
            why="so many are called severe that the word loses its meaning",
            do="Train a candidate, or set the gates of the model anew.",
            group="triage",
        ),
        Watch(
            name="ece",
            title="Error of the probabilities (ECE)",
            warn=0.05,
            alarm=0.10,
            fewest=100,
            why="the probabilities no longer say how often it comes true",
            do="Train a candidate on newer outcomes; its scaling is fitted anew.",
            group="calibration",
        ),
        Watch(
            name="override",
            title="Suggestions that people changed",
            warn=0.25,
            alarm=0.40,
            fewest=50,
            percent=True,
            why="people disagree with it often: it is wrong, or not understood",
            do="Ask the operators which calls; look at the types it concerns.",
            group="override",
        ),
        Watch(
            name="unknown_words",
            title="Words the model does not know",
            warn=0.15,
            alarm=0.25,
            fewest=100,
            percent=True,
            why="callers or operators use words that were not in its training",
            do="Train a candidate on newer history; check the language of the desk.",
            group="words",
        ),
        Watch(
            name="no_estimate",
            title="Calls without an estimate",
            warn=0.30,
            alarm=0.60,
            fewest=100,
            percent=True,
            why="the model often has nothing to go by, and only the rules speak",
            do="See whether narratives are typed before the severity is set.",
            group="words",
        ),
        _drift("psi age", "Drift of the age"),
        _drift("psi hour", "Drift of the hour"),
        _drift("psi type", "Drift of the type"),
        _drift("psi words", "Drift of the length of texts"),
        _drift("psi severe", "Drift of the estimate"),
        Watch(
            name="latency_ms",
            title="Time of a suggestion, 95 in 100 within",
            warn=5.0,
            alarm=20.0,
            fewest=50,
            unit="ms",
            why="suggestions lag behind the typing",
            do="Look what else runs on this machine; retire the shadow model.",
            group="latency",
        ),
        Watch(
            name="memory_mb",
            title="Memory of the desk with its models",
            warn=1200.0,
            alarm=2500.0,
            fewest=1,
            unit="MB",
            why="the desk takes more memory than a machine may have to spare",
            do="Retire the shadow model; close and open the desk.",
            group="memory",
        ),
    ),
    Kind.RESPONSE: (
        Watch(
            name="late_90",
            title="Responses later than “9 in 10 within”",
            warn=0.15,
            alarm=0.20,
            fewest=50,
            percent=True,
            why="more than one response in ten comes later than was promised to nine",
            do="Train a candidate on newer history, or roll back.",
            group="promise",
        ),
        Watch(
            name="gain_on_roads",
            title="Nearer to the truth than the road engine by",
            warn=0.02,
            alarm=-0.02,
            fewest=50,
            percent=True,
            low_is_bad=True,
            why="its times are hardly better than the road engine's alone",
            do="Train a candidate on newer history, or roll back.",
            group="gain",
        ),
        Watch(
            name="bias_s",
            title="Responses take longer than said, in the middle by",
            warn=60.0,
            alarm=120.0,
            fewest=50,
            unit="s",
            why="half of all responses take clearly longer than the time shown",
            do="Look for works, closures or turnout; train a candidate on newer history.",
            group="bias",
        ),
        Watch(
            name="unknown_places",
            title="Places the model does not know",
            warn=0.30,
            alarm=0.60,
            fewest=50,
            percent=True,
            why="units go where its history had hardly been",
            do="Train a candidate on newer history.",
            group="places",
        ),
    ),
}


class Measured(Struct, frozen=True):
    """A watched value and on how many cases it stands; `low` is the least it could well be (95 %), where estimated."""

    value: float
    cases: int
    low: float | None = None


class Alert(Struct, frozen=True):
    """Something to look at: level 1 warns, 2 alarms; `reason` says what is seen, the limit, and why it matters."""

    kind: Kind
    name: str
    level: int
    title: str
    reason: str
    do: str


def alerts(kind: Kind, measured: Mapping[str, Measured]) -> tuple[Alert, ...]:
    """What the table says of these values, the worst first. Rates alarm only when chance does not explain them."""
    found = []
    for watch in WATCHES[kind]:
        seen = measured.get(watch.name)
        if seen is None or seen.cases < watch.fewest:
            continue
        level = watch.level(seen.value)
        if level and seen.low is not None and not watch.low_is_bad:
            level = max(1, watch.level(seen.low))
        if level:
            found.append(_alert(kind, watch, seen, level))
    return tuple(sorted(found, key=lambda alert: -alert.level))


def _alert(kind: Kind, watch: Watch, seen: Measured, level: int) -> Alert:
    limit = watch.alarm if level > 1 else watch.warn
    side = "at most" if watch.low_is_bad else "at least"
    reason = (
        f"{watch.title}: {watch.said(seen.value)} over {seen.cases:,} cases; {side} {watch.said(limit)} is "
        f"{'an alarm' if level > 1 else 'a warning'}. It means that {watch.why}."
    )
    return Alert(kind, watch.name, level, watch.title, reason, watch.do)


def too_few(kind: Kind, measured: Mapping[str, Measured]) -> tuple[str, ...]:
    """What cannot be judged yet, a sentence each."""
    sentences = []
    for watch in WATCHES[kind]:
        cases = measured[watch.name].cases if watch.name in measured else 0
        if cases < watch.fewest:
            sentences.append(f"{watch.title}: {cases:,} of the {watch.fewest:,} cases that are needed.")
    return tuple(sentences)
