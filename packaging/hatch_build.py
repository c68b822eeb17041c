"""Makes sure that a wheel carries the files that are fetched at set-up, and never a wheel without them."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).resolve().parent))

from assets import demo_pack_is_there, web_assets_are_sound


class FetchedAssets(BuildHookInterface[Any]):
    """Stops a build of the real wheel while an asset is missing; editable installs read them from the tree."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        if not (web_assets_are_sound() and demo_pack_is_there()):
            raise RuntimeError(
                "The map's scripts or the demo city are missing from this tree, so the wheel would be incomplete. "
                "Run `python3 packaging/bootstrap.py setup`, then build again."
            )
