"""The page loads, draws the pack's tiles and asks nobody outside for anything."""

import os
import signal


def test_that_the_page_loads_without_complaint_and_no_request_leaves(shown, web, connection_attempts):
    shown.script("Foredesk.map.setZoom(16); 0")
    shown.until("Foredesk.basemap.drawn >= 12")
    assert shown.view.complaints == []
    assert list(web.only_local.refused) == []
    assert list(web.content.unknown) == []
    assert connection_attempts == []


def test_that_a_request_to_elsewhere_is_refused_and_recorded(shown, web):
    answer = shown.awaited("fetch('https://example.com/tile.png', {mode: 'no-cors'})")
    web_refused = list(web.only_local.refused)
    web.only_local.refused.clear()
    assert "Failed to fetch" in answer
    assert web_refused == ["https://example.com/tile.png"]


def test_that_links_do_not_lead_away_from_the_page(shown):
    shown.script("location.href = 'https://example.com/'; 0")
    assert shown.script("location.href") == "foredesk://app/map.html"


def test_that_only_known_routes_are_served(shown, web):
    for path in ("/web/../__init__.py", "/web/%2e%2e/__init__.py", "/etc/passwd", "/web/vendor/", "/web/nothing.js"):
        assert shown.awaited(f"fetch('foredesk://app{path}').then(reply => reply.status)") == 404, path
    web.content.unknown.clear()


def test_that_ranges_of_the_tiles_are_answered_as_ranges(shown):
    url = shown.script("Foredesk.basemap.layer.options.url")
    ranged = f"fetch({url!r}, {{headers: {{Range: 'bytes=0-126'}}}})"
    assert shown.awaited(f"{ranged}.then(async r => [r.status, (await r.arrayBuffer()).byteLength])") == [206, 127]


def test_that_tiles_longer_than_one_block_are_drawn(shown, tiles):
    """The footpaths make one tile longer than the 64 KiB blocks in which Qt answers."""
    assert tiles.stat().st_size > 2 * 65536
    read = "Foredesk.basemap.layer.views.get('').tileCache.source.p.source.getBytes(10, 70000)"
    assert shown.awaited(f"{read}.then(answer => answer.data.byteLength)") == 70000
    assert (
        shown.script(
            "[...Foredesk.basemap.layer.views.get('').tileCache.cache.values()]"
            ".some(entry => entry.data.get('roads/path').length > 1000)"
        )
        is True
    )


def test_that_pieces_of_one_street_carry_one_name(shown):
    names = shown.script(
        """(() => {
            const point = (x, y) => ({x, y, clone() { return point(this.x, this.y); }});
            const road = (...geom) => ({props: {kind: 'residential', name: 'Long Street'}, geomType: 2, geom});
            const tile = new Map([['roads', [
                road([point(0, 0), point(50, 0)]), road([point(100, 2), point(50, 0)]),
                road([point(100, 2), point(160, 2)]),
            ]]]);
            return Foredesk.prepareTile(tile).get('names/residential').map(f => f.geom.map(line => line.length));
        })()"""
    )
    assert names == [[4]]


def test_that_the_attribution_is_shown_as_text(shown):
    text = shown.script("document.querySelector('.leaflet-control-attribution').textContent")
    assert text == "© Made-up Streets <b>&</b> Co"


def test_that_a_crashed_page_says_so_and_comes_back_with_everything(shown, qtbot, make_unit):
    shown.view.show_units([make_unit("E12")])
    shown.until("Foredesk.census().units === 1")
    shown.script("Foredesk.map.setView([-30.003, -71.002], 15, {animate: false}); 0")
    shown.until("Foredesk.map.getZoom() === 15")
    process = shown.view._page.renderProcessPid()
    with qtbot.waitSignal(shown.view.ready, timeout=15000):
        os.kill(process, signal.SIGKILL)
    shown.until("Foredesk.census().units === 1")
    census = shown.census()
    assert census["zoom"] == 15
    assert [round(degrees, 3) for degrees in census["centre"]] == [-30.003, -71.002]
    assert "starting again" in shown.view._sentence.text()
