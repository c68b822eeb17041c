"""What people call a desk: "this desk", the name it was given at joining with its letters, or its letters."""

from widgets.context import DeskContext


def desk_name(context: DeskContext, desk: str) -> str:
    """For the middle of a sentence: "this desk", "Console 2 (B)", "desk B"."""
    if desk == context.desk.desk_id:
        return "this desk"
    known = context.sync.name_of(desk) if context.sync else ""
    return known or f"desk {desk.partition('-')[0] or desk}"


def who(context: DeskContext, operator: str, desk: str) -> str:
    """For example "Kim Soto at desk B"."""
    return f"{operator or 'nobody signed on'} at {desk_name(context, desk)}"
