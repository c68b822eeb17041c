"""`foredesk doctor`: says what this machine lacks for the desk and how to mend it."""

import argparse
from collections.abc import Callable, Iterable, Iterator

from workstation.doctor import desk, machine
from workstation.doctor.finding import Finding, Verdict

Check = Callable[[], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (
    machine.check_python,
    machine.check_window,
    machine.check_screen,
    machine.check_disk,
    desk.check_store,
    desk.check_demo_city,
    desk.check_map_scripts,
    desk.check_kernels,
)


def add_doctor_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("doctor", help="say what this machine lacks for the desk and how to mend it")
    parser.set_defaults(run=lambda _: examine())


def examine(checks: Iterable[Check] = CHECKS) -> int:
    """Print each finding as it comes; 1 when the desk cannot work as things are, else 0."""
    verdicts = []
    for check in checks:
        for finding in check():
            print(f"{finding.verdict:4}  {finding.topic:12} {finding.sentence}", flush=True)
            if finding.do:
                print(f"{'':18} {finding.do}", flush=True)
            verdicts.append(finding.verdict)
    if Verdict.FAIL in verdicts:
        print("\nThe desk cannot do its whole job like this; each `fail` above says what mends it.")
        return 1
    print("\nThe desk can do its whole job on this machine.")
    return 0
