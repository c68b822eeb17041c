"""The one table of keys: shortcuts, the `?` overlay, the manual's page and the printed card are all made from it.

`handler` names a method of the main window; an entry without one is carried out by the view that has the focus and
stands here so that it is documented. `typing` tells whether the key also works while a text field has the focus.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True)
class KeyAction:
    id: str
    keys: tuple[str, ...]  # as QKeySequence's portable text; the first is the one shown
    section: str
    label: str
    handler: str = ""
    typing: bool = True

    @property
    def shown(self) -> str:
        return " or ".join(self.keys).replace("Return", "Enter")


CALLS, DISPATCH, MOVE, WINDOW = "Calls", "Dispatch", "Moving around", "Window"

KEYMAP: tuple[KeyAction, ...] = (
    KeyAction("new_call", ("F2",), CALLS, "Take a new call; a call already in hand is parked", "new_call"),
    KeyAction("resume_draft", ("Shift+F2",), CALLS, "Take the oldest parked call up again", "resume_draft"),
    KeyAction("answer", ("F7",), CALLS, "In an exercise: answer the caller who has waited longest", "answer_caller"),
    KeyAction("open_incident", ("Ctrl+Return",), CALLS, "In the call form: open the incident"),
    KeyAction(
        "link_call", ("Ctrl+L",), CALLS, "In the call form: link the call to the incident shown as likely the same"
    ),
    KeyAction("accept", ("F8",), DISPATCH, "Send the recommended units", "accept_recommendation"),
    *(
        KeyAction(f"toggle_{n}", (f"Alt+{n}",), DISPATCH, f"Tick or untick recommended unit {n}", f"toggle_{n}")
        for n in range(1, 10)
    ),
    KeyAction("acknowledge", ("F10",), DISPATCH, "Acknowledge the first alarm", "acknowledge_alarm"),
    KeyAction("mute", ("Ctrl+M",), DISPATCH, "Mute alarms for five minutes, or end the mute", "mute_alarms"),
    KeyAction(
        "accept_proposal",
        ("Ctrl+Y",),
        DISPATCH,
        "Do what a radio or a position proposes; mark a radio's message as seen",
        "accept_proposal",
    ),
    KeyAction("dismiss_proposal", ("Ctrl+Shift+Y",), DISPATCH, "Let the first proposal go", "dismiss_proposal"),
    KeyAction("undo", ("Ctrl+Z",), DISPATCH, "Take back the last thing done at this desk", "undo"),
    KeyAction("route", ("Ctrl+R",), DISPATCH, "Show or hide the route to the selected incident", "toggle_route"),
    KeyAction("move_up", ("Shift+F8",), DISPATCH, "Order the move-up that raises coverage most", "order_move_up"),
    KeyAction(
        "close_road",
        ("Ctrl+Shift+X",),
        DISPATCH,
        "Close a road: the next click on the map, or Enter there",
        "close_road",
    ),
    KeyAction("reopen_road", ("Ctrl+Shift+O",), DISPATCH, "Reopen the road that was closed last", "reopen_road"),
    KeyAction("report", ("Ctrl+P",), DISPATCH, "Print the selected incident's report or keep it as PDF", "open_report"),
    KeyAction("command", ("Ctrl+K",), MOVE, "Go to the command line", "focus_command"),
    KeyAction(
        "command_typed", ("/", ";"), MOVE, "Go to the command line, when not typing", "focus_command", typing=False
    ),
    KeyAction("queue", ("F3",), MOVE, "Go to the queue", "focus_queue"),
    KeyAction("units", ("F4",), MOVE, "Go to the units", "focus_units"),
    KeyAction("incident", ("F5",), MOVE, "Go to the incident", "focus_incident"),
    KeyAction("coverage", ("Ctrl+B",), MOVE, "Go to coverage; from there, put it away", "focus_coverage"),
    KeyAction(
        "coverage_map", ("Ctrl+Shift+B",), MOVE, "Coverage on the map: gaps, then counts, then nothing", "turn_coverage"
    ),
    KeyAction("next_pane", ("F6",), MOVE, "Go to the next panel", "next_pane"),
    KeyAction("previous_pane", ("Shift+F6",), MOVE, "Go to the panel before", "previous_pane"),
    KeyAction("map", ("Ctrl+G",), MOVE, "Go to the map", "focus_map"),
    KeyAction("track", ("Ctrl+Shift+T",), MOVE, "Show and play the selected unit's track on the map", "toggle_track"),
    KeyAction("ports", ("Ctrl+Shift+G",), MOVE, "Go to radios and GPS: ports and unknown devices", "toggle_ports"),
    KeyAction("show", ("Ctrl+J",), MOVE, "Show the call in hand, or the selected incident, on the map", "show_on_map"),
    KeyAction("conflicts", ("Ctrl+Shift+C",), MOVE, "Go to conflicts; from there, put them away", "toggle_conflicts"),
    KeyAction(
        "away",
        ("Ctrl+Shift+A",),
        MOVE,
        "Go to what changed while this desk was away; from there, put it away",
        "toggle_away",
    ),
    KeyAction(
        "server", ("Ctrl+Shift+L",), MOVE, "Show the server: how the link stands, joining, parting", "toggle_server"
    ),
    KeyAction(
        "models", ("Ctrl+Shift+M",), MOVE, "Show the models: which answer, how they do, decisions", "show_models"
    ),
    KeyAction("jump", ("F9",), MOVE, "Jump to the first alarm or the newest event", "jump_to_news"),
    KeyAction("jump_back", ("Shift+F9",), MOVE, "Jump back to where you were", "jump_back"),
    KeyAction("clear", ("Ctrl+E",), MOVE, "Clear the selection and its filter", "clear_selection"),
    KeyAction("out", ("Esc",), MOVE, "One level out; nothing typed is lost", "one_level_out"),
    KeyAction("health", ("F12",), MOVE, "Go to the health strip; Enter tells reasons and remedies", "focus_health"),
    KeyAction("manual", ("F1",), WINDOW, "Open the manual at the page for this panel", "open_manual"),
    KeyAction("overlay", ("?", "Ctrl+F1"), WINDOW, "Show all keys and commands", "toggle_overlay", typing=False),
    KeyAction("wall", ("F11",), WINDOW, "Wall mode: the board in big type, caller data masked", "toggle_wall"),
    KeyAction("layout_1", ("Ctrl+1",), WINDOW, "Layout “Dispatch”", "layout_1"),
    KeyAction("layout_2", ("Ctrl+2",), WINDOW, "Layout “Map”", "layout_2"),
    KeyAction("layout_3", ("Ctrl+3",), WINDOW, "Layout “Calls”", "layout_3"),
    KeyAction("keep_layout", ("Ctrl+Shift+S",), WINDOW, "Keep the arrangement as the present layout", "keep_layout"),
    KeyAction("reset_layout", ("Ctrl+Shift+R",), WINDOW, "Put the present layout back as it came", "reset_layout"),
    KeyAction("larger", ("Ctrl+=", "Ctrl++"), WINDOW, "Everything larger, up to 200 %", "larger"),
    KeyAction("smaller", ("Ctrl+-",), WINDOW, "Everything smaller, down to 80 %", "smaller"),
    KeyAction("normal_size", ("Ctrl+0",), WINDOW, "Everything at 100 %", "normal_size"),
    KeyAction("scheme", ("Ctrl+D",), WINDOW, "Dark or light", "toggle_scheme"),
    KeyAction("card", ("Ctrl+Shift+P",), WINDOW, "Print a card with all keys and commands", "print_card"),
    KeyAction("quit", ("Ctrl+Q",), WINDOW, "Leave Foredesk; everything entered is kept", "close"),
)

# Keys of one panel while the keyboard is in it; that panel carries them out.
PANEL_KEYS: tuple[tuple[str, str], ...] = (
    ("Queue: S", "Sort now, when the order waits for you"),
    ("Units: a status code, Enter", "Set the selected units' status, for example O S Enter"),
    ("Units: C, X", "Welfare contact; stand down"),
    ("Units: F", "All units, or only those that matter for the incident"),
    ("Incident: C T L P S N", "Close, type, location, priority, severity, narrative"),
    ("Recommendation: 1 to 9, Space", "Tick or untick; Enter sends"),
    ("Recommendation: R", "The route in words"),
    ("Radios: Enter, X, R, I", "Listen or adopt; stop; record; ignore the device"),
    ("Coverage: 1 to 3", "Order that move-up"),
    ("Coverage: E", "Export coverage as a picture, GeoJSON or GeoPackage"),
    ("Coverage: Enter, Del", "Show a weak zone or closed road on the map; reopen the road"),
    ("Conflicts: 1, 2", "Settle the marked conflict that way; Space reads on, Enter shows its incident"),
    ("Models: A, S, X, B", "Approve, put into the shadow, retire; roll back"),
    ("Models: T, 1, 2", "Train a candidate; severity, response times"),
    ("Call form: Ctrl+T", "Take the suggested type"),
    ("Call form: Ctrl+S", "Take the suggested severity as yours"),
    ("Call form: Alt+S", "Go to severity; C, H, M, L set it, Backspace gives it back"),
    ("Call form: Alt+Down", "Mark the next incident that is likely the same"),
)

COMMAND_LINE_KEYS: tuple[tuple[str, str], ...] = (
    ("Tab", "Complete the word"),
    ("Up, Down", "Earlier commands"),
    ("Enter", "Do what the echo says"),
    ("Esc", "Leave the line; what was typed stays"),
)


def sections() -> dict[str, list[tuple[str, str]]]:
    """Section name to rows (keys, label); the nine unit toggles fold into one row."""
    result: dict[str, list[tuple[str, str]]] = {}
    for action in KEYMAP:
        rows = result.setdefault(action.section, [])
        if not action.id.startswith("toggle_"):
            rows.append((action.shown, action.label))
        elif action.id == "toggle_1":
            rows.append(("Alt+1 … Alt+9", "Tick or untick a recommended unit by its number"))
    result["In a panel"] = list(PANEL_KEYS)
    result["Command line"] = list(COMMAND_LINE_KEYS)
    return result


def verb_rows() -> Iterator[tuple[str, str, str]]:
    """(how it is typed, what it does, an example) for every verb of the command line."""
    from core.domain.commandline import VERBS

    for verb in VERBS:
        yield verb.usage, verb.help, verb.example


def keys_page() -> str:
    """The manual's page resources/manual/keys.md."""
    parts = ["# Keys and commands", "", "This page is made from the table that also makes the shortcuts.", ""]
    for section, rows in sections().items():
        parts += [f"## {section}", "", "| Key | What it does |", "|---|---|"]
        parts += [f"| `{keys}` | {label} |" for keys, label in rows] + [""]
    parts += [
        "## Commands",
        "",
        "Typed on the command line (`Ctrl+K`). Any beginning that fits one command will do.",
        "",
    ]
    parts += ["| Command | What it does | Example |", "|---|---|---|"]
    for usage, help_, example in verb_rows():
        parts.append("| `{}` | {} | `{}` |".format(usage.replace("|", "\\|"), help_, example))
    return "\n".join(parts) + "\n"


def card_html() -> str:
    """One printable page: keys on the left, commands on the right."""
    style = (
        "body{font:9pt sans-serif;columns:2;column-gap:8mm}h1{font-size:13pt;margin:0 0 3mm}h2{font-size:10pt;"
        "margin:3mm 0 1mm;break-after:avoid}td{padding:.4mm 2mm .4mm 0;vertical-align:top}"
        "td:first-child{font-weight:bold;white-space:nowrap}"
    )
    blocks = []
    for section, rows in sections().items():
        cells = "".join(f"<tr><td>{escape(keys)}</td><td>{escape(label)}</td></tr>" for keys, label in rows)
        blocks.append(f"<h2>{escape(section)}</h2><table>{cells}</table>")
    cells = "".join(f"<tr><td>{escape(usage)}</td><td>{escape(help_)}</td></tr>" for usage, help_, _ in verb_rows())
    blocks.append(f"<h2>Commands</h2><table>{cells}</table>")
    head = f"<meta charset='utf-8'><title>Foredesk keys and commands</title><style>{style}</style>"
    return f"<!doctype html><html><head>{head}</head><body><h1>Foredesk</h1>{''.join(blocks)}</body></html>"
