"""Measures one severity suggestion as the call form asks for it: `python tests/bench/bench_suggestion.py [MODEL]`.

Prints medians of rules, features and model (LiteRT beside the NumPy fallback as the named baseline), and in processes
of their own the CPU time and memory that loading adds, beside what importing TensorFlow would. Not part of the tests.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from core.severity.ages import READ_CHARACTERS, age_in, sex_in
from core.severity.features import CallFacts, Featuriser
from core.severity.loading import load_bundle
from core.severity.red_flag_file import read_red_flags
from core.severity.red_flags import RedFlags, folded
from core.severity.runtime import SeverityModel, run_model
from core.severity.suggest import suggest
from resources import resource_path
from workstation.models.loading import shipped_model

BARS = {"one suggestion": 1.0, "added CPU time": 0.3, "added memory": 60.0}
ADDED = """
import json, os, resource, sys, time
sys.path.insert(0, sys.argv[1])
import numpy, rapidfuzz, core.desk, core.severity.suggest, core.severity.record, widgets.suggester  # the window's
def rss():
    with open("/proc/self/statm") as pages:
        return int(pages.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
before, began = rss(), time.process_time()
if sys.argv[2] == "tensorflow":
    import tensorflow
    imported = time.process_time() - began
else:
    from core.severity.loading import load_bundle
    from core.severity.red_flag_file import read_red_flags
    from core.severity.red_flags import RedFlags
    from core.severity.runtime import run_model
    if sys.argv[2] == "LiteRT":
        import ai_edge_litert.interpreter
    imported = time.process_time() - began
    from pathlib import Path
    flags = RedFlags(read_red_flags(Path(sys.argv[1], "resources/severity/red_flags.toml")))
    model = run_model(load_bundle(Path(sys.argv[3])), fallback=sys.argv[2] == "NumPy")
    from core.severity.features import CallFacts
    model(CallFacts("he fell and hit his head", {"age": 80}))
    flags.find("he fell and hit his head")
print(json.dumps([imported, time.process_time() - began, rss() - before]))
"""


def median_ms(act: Callable[[int], object], times: int) -> tuple[float, float]:
    """Median and 95th percentile."""
    took = []
    for at in range(times):
        began = time.perf_counter()
        act(at)
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took), statistics.quantiles(took, n=20)[-1]


def typed() -> list[str]:
    """Every state of the narrative while the golden calls are typed, letter by letter."""
    calls = tomllib.loads((ROOT / "tests/severity/golden_calls.toml").read_text("utf-8"))["call"]
    texts = [call["text"] for call in calls if call.get("repeat", 1) == 1]
    return [text[:end] for text in texts for end in range(1, len(text) + 1)]


def long_text(characters: int) -> str:
    texts = [text for text in typed() if len(text) > 30]
    return ". ".join(texts[:: max(1, len(texts) // 400)])[:characters]


def one(rules: RedFlags, model: SeverityModel, text: str) -> None:
    """What the desk does at a keystroke."""
    plain = folded(text[:READ_CHARACTERS])
    call = CallFacts(text, {"age": age_in(plain), "sex": sex_in(plain) or None, "type": "EMS-FAL", "hour": 14.5})
    suggest(rules.find(text), "moderate", model(call))


def say(name: str, *values: float, unit: str = "ms", bar: str = "") -> None:
    held = f"   bar {BARS[bar]:g} {'held' if values[0] <= BARS[bar] else 'MISSED'}" if bar else ""
    sys.stdout.write(f"{name:<58}{'  '.join(f'{value:9.3f}' for value in values)} {unit}{held}\n")


def bench_rules() -> RedFlags:
    began = time.perf_counter()
    rules = RedFlags(read_red_flags(resource_path("severity", "red_flags.toml")))
    say("red flags: reading and compiling the file", (time.perf_counter() - began) * 1000)
    texts = typed()
    say("red flags, a golden call as it is typed: median, p95", *median_ms(lambda n: rules.find(texts[n]), len(texts)))
    for size in (1000, 10_000):
        text = long_text(size)
        grown = [text[: size - 60 + n] for n in range(60)]
        told = median_ms(lambda n, grown=grown: rules.find(grown[n]), 60)
        say(f"red flags, {size} characters, a letter more each time", *told)
    fresh = RedFlags(rules.rules)
    say("red flags, 10000 characters pasted, first time", median_ms(lambda _: fresh.find(text), 2)[1])
    one_sentence = long_text(10_000).replace(".", " ")
    grown = [one_sentence[: 9900 + n] for n in range(60)]
    say("red flags, 10000 characters in one sentence", *median_ms(lambda n: rules.find(grown[n]), 60))
    return rules


def bench_model(rules: RedFlags, path: Path) -> None:
    bundle = load_bundle(path)
    texts = typed()
    models = [run_model(bundle), run_model(bundle, fallback=True)]
    for model in models:
        name = f"{model.engine}{'' if model.engine == 'LiteRT' else ' (fallback)'}"
        one(rules, model, "warm")
        middle, late = median_ms(lambda n, m=model: one(rules, m, texts[n]), len(texts))
        say(f"one suggestion by {name}: median, p95", middle, late, bar="one suggestion")
        text = long_text(10_000)
        grown = [text[: 9900 + n] for n in range(60)]
        told = median_ms(lambda n, m=model, grown=grown: one(rules, m, grown[n]), 60)
        say(f"one suggestion by {name}, 10000 characters", *told)
    apart, featuriser = 0.0, Featuriser(bundle.spec)
    for text in texts[::40]:
        features = featuriser(CallFacts(text))
        lite, numpy = (model.probabilities(features) for model in models)
        apart = max(apart, float(abs(lite - numpy).max()))
    sys.stdout.write(f"largest difference of a probability, LiteRT and NumPy: {apart:.1e}\n")


def bench_added(path: Path, *, tensorflow: bool) -> None:
    for engine in ("LiteRT", "NumPy", *(["tensorflow"] if tensorflow else [])):
        command = [sys.executable, "-c", ADDED, str(ROOT), engine, str(path)]
        runs = [
            json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout) for _ in range(3)
        ]
        imported, loaded, memory = (statistics.median(column) for column in zip(*runs, strict=True))
        bars = engine == "LiteRT"
        say(f"{engine}: import", imported, unit="CPU-s", bar="added CPU time" if bars else "")
        if engine != "tensorflow":
            say(f"{engine}: import, rules, model checked and loaded, first answer", loaded, unit="CPU-s")
        say(f"{engine}: memory added", memory, unit="MiB", bar="added memory" if bars else "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="?", type=Path, default=shipped_model(), help="a .fdmodel; else the shipped one")
    parser.add_argument("--no-tensorflow", action="store_true", help="leave out TensorFlow's import as a baseline")
    asked = parser.parse_args()
    rules = bench_rules()
    if asked.model is None:
        sys.stdout.write("No model ships in this checkout, and none was given: only the rules were measured.\n")
        return
    bench_model(rules, asked.model)
    bench_added(asked.model, tensorflow=not asked.no_tensorflow)


if __name__ == "__main__":
    main()
