"""The printed report: gathers what it needs, and writes the PDF from the window or without one."""

import logging
import sys
from pathlib import Path

from core.desk import Desk
from core.domain.board import Incident
from core.errors import Refused, Unavailable
from core.pack.pack import MapPack
from core.report import ReportContext, incident_report_html
from core.report.scene_map import scene_svg
from workstation.compose import find_agency, find_pack, read_desk
from workstation.paths import cache_folder, data_folder

log = logging.getLogger(__name__)


def report_html(desk: Desk, incident: Incident, pack: MapPack | None, *, banner: str = "") -> str:
    """The report of `incident` as it stands now, in this machine's time zone."""
    location, scene, credit = incident.location, "", ""
    if pack is not None and location.lat is not None and location.lon is not None:
        try:
            scene, credit = scene_svg(pack.graph(), location.lat, location.lon), pack.info.attribution
        except Unavailable as trouble:
            log.warning("The report has no map. %s", trouble)
    context = ReportContext(
        agency=desk.agency,
        generated_at=desk.clock.now_ms(),
        generated_by=desk.board.operator,
        desk=desk.desk_id,
        zone=None,
        scene_svg=scene,
        map_attribution=credit,
        banner=banner or ("DEMO, made up" if desk.agency.made_up else ""),
    )
    return incident_report_html(incident, context)


def find_incident(desk: Desk, number: str) -> Incident:
    """The incident of that number, open or long closed. Raises Refused where there is none."""
    known = desk.board.by_number(number)
    if known is not None:
        return known
    found = desk.store.find_incident(number)
    incident = desk.store.incident(found) if found else None
    if incident is None:
        raise Refused(
            f"There is no incident {number} in this store.", "Nothing was printed.", "Check the number on the desk."
        )
    return incident


def write_report(number: str, output: Path, *, paper: str, agency_file: Path | None, pack_file: Path | None) -> int:
    """The command `foredesk report`: no window, no network; the desk may be open meanwhile."""
    folder = data_folder()
    with read_desk(folder, find_agency(agency_file, folder)) as (desk, store):
        html = report_html(desk, find_incident(desk, number), _pack_or_none(find_pack(pack_file, store)))
    from widgets.printing import Paper, html_to_pdf
    from workstation.qt import start_qt

    application = start_qt(windows=False)
    html_to_pdf(html, output, paper=Paper(paper))
    del application
    sys.stdout.write(f"The report of incident {number} was written to {output}.\n")
    return 0


def _pack_or_none(path: Path | None) -> MapPack | None:
    """A report is printed without its map rather than not at all, and says so."""
    from core.pack.pack import open_pack

    if path is None:
        return None
    try:
        return open_pack(path, cache_folder() / "packs")
    except Unavailable as trouble:
        sys.stderr.write(f"The report is printed without a map. {trouble}\n")
        return None
