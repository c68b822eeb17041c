"""What can be said of a field post: this desk's role in it, and the sentence for the health strip."""

from enum import StrEnum

from msgspec import Struct

from sync.link.states import LinkState, LinkStatus


class PostRole(StrEnum):
    OFF = "off"
    LOOKING = "looking"  # nobody is there who needs a post
    HOSTING = "hosting"
    MEMBER = "member"
    TROUBLED = "troubled"  # this machine's network or disk refuse


class PostStatus(Struct, frozen=True):
    """`desks` are the names of the others on the network, `code` lets guests in while it is shown."""

    role: PostRole = PostRole.OFF
    host: str = ""
    desks: tuple[str, ...] = ()
    link: LinkStatus | None = None
    code: str = ""
    detail: str = ""

    def sentence(self) -> str:
        others = f"{len(self.desks)} other desk{'' if len(self.desks) == 1 else 's'}"
        match self.role:
            case PostRole.OFF:
                return "This desk takes no part in a field post."
            case PostRole.LOOKING if self.desks:
                return f"{others} on this network; a field post is not needed."
            case PostRole.LOOKING:
                return "No other desk is on this network."
            case PostRole.HOSTING:
                return f"This desk is the field post for {others}."
            case PostRole.TROUBLED:
                return f"The field post cannot work here: {self.detail}"
            case PostRole.MEMBER:
                return f"Field post at {self.host}: {self._linked}"

    @property
    def _linked(self) -> str:
        if self.link is None or self.link.state is LinkState.CONNECTING:
            return "this desk is coming in."
        if self.link.state is LinkState.UP_TO_DATE:
            return "this desk has what the others have."
        if self.link.state is LinkState.SYNCING:
            return "syncing."
        return self.link.detail or "it does not answer."
