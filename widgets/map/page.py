"""The map page's HTML: written by folium, with every address turned to our own scheme."""

from functools import cache
from typing import ClassVar

from widgets.map.scheme import ORIGIN

PAGE_PATH = "/map.html"
_VENDOR = f"{ORIGIN}/web/vendor"
_OURS = (
    "theme", "streets", "symbolizers", "basemap", "shapes", "overlay", "units", "incidents", "places", "track", "route",
    "grid", "coverage", "closures", "legend", "desk",
)  # fmt: skip
_SCRIPTS = (
    ("leaflet", f"{_VENDOR}/leaflet/leaflet.js"),
    ("protomaps", f"{_VENDOR}/protomaps-leaflet/protomaps-leaflet.js"),
    ("channel", f"{ORIGIN}/qwebchannel.js"),
    *((name, f"{ORIGIN}/web/{name}.js") for name in _OURS),
)
_STYLES = (("leaflet_css", f"{_VENDOR}/leaflet/leaflet.css"), ("map_css", f"{ORIGIN}/web/map.css"))


@cache
def page_html() -> bytes:
    """The page, rendered once per process. Takes half a second the first time, for importing folium."""
    import folium
    from folium.elements import JSCSSMixin
    from folium.template import Template

    class Desk(JSCSSMixin):  # type: ignore[misc]
        """Hands the finished Leaflet map to our scripts."""

        _name = "Desk"
        _template = Template("{% macro script(this, kwargs) %}Foredesk.start({{ this.map }});{% endmacro %}")
        default_js: ClassVar[list[tuple[str, str]]] = []
        default_css: ClassVar[list[tuple[str, str]]] = []

        def __init__(self, name: str) -> None:
            super().__init__()
            self.map = name

    class OurMap(folium.Map):  # type: ignore[misc]
        """Neither Bootstrap nor icon fonts nor jQuery: Leaflet and our own files."""

        default_js: ClassVar[list[tuple[str, str]]] = list(_SCRIPTS)
        default_css: ClassVar[list[tuple[str, str]]] = list(_STYLES)

    ground = OurMap(
        location=[0, 0],
        zoom_start=3,
        tiles=None,
        max_zoom=20,
        min_zoom=3,
        zoom_snap=1,
        world_copy_jump=False,
        keyboard_pan_delta=120,
    )
    ground._id = "desk"
    ground.options["maxZoom"], ground.options["minZoom"] = 20, 3
    ground.add_child(Desk(ground.get_name()))
    html: str = ground.get_root().render()
    return html.encode()
