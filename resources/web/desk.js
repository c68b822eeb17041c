/* Joins the page to the desk: what the desk tells is shown, what the operator does on the map is told back. */
"use strict";

Foredesk.start = (map) => {
  const { basemap, units, incidents, places, track, route, grid, coverage, closures, legend } = Foredesk;
  const covering = new Foredesk.CoverageLayer().addTo(map);
  const overlay = new Foredesk.Overlay([
    grid, track, route, places,
    { draw: (frame) => closures.draw(frame) },
    { draw: (frame) => units.place(frame) },
    { draw: (frame) => incidents.place(frame) },
    { draw: (frame) => route.label(frame) },
    units, incidents,
    { draw: (frame) => track.label(frame) },
    { draw: (frame) => places.label(frame) },
  ]);
  map.attributionControl.setPrefix(false);
  const scale = { metric: null };
  legend.addTo(map);
  overlay.addTo(map);

  const corners = ([west, south, east, north]) => [[south, west], [north, east]];

  let zoned = false; // where zones say what belongs to the city, the rest stands back
  const setBackground = () => {
    const { land, outside } = Foredesk.theme.ground;
    document.documentElement.style.setProperty("--land", zoned ? outside : land);
  };

  const setPalette = ({ palette, family }) => {
    Foredesk.theme.palette = palette;
    Foredesk.theme.family = family;
    Foredesk.forgetSprites();
    const style = document.documentElement.style;
    for (const [name, value] of Object.entries(palette)) style.setProperty(`--${name.replace("_", "-")}`, String(value));
    setBackground();
    style.setProperty("--family", family);
    basemap.recolour();
    covering.refresh();
  };

  const setGround = ({ url, max_zoom: maxZoom, attribution, bounds, places: rows, view, metric, zoned: hasZones }) => {
    basemap.remove(map);
    grid.shown = !url;
    zoned = hasZones;
    setBackground();
    places.take(rows);
    if (scale.metric !== metric) {
      if (scale.control) scale.control.remove();
      scale.control = L.control.scale({ metric, imperial: !metric, maxWidth: 120 }).addTo(map);
      scale.metric = metric;
    }
    if (Foredesk.attribution) map.attributionControl.removeAttribution(Foredesk.attribution);
    Foredesk.attribution = L.Util.template("{text}", { text: attribution.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`) });
    if (attribution) map.attributionControl.addAttribution(Foredesk.attribution);
    map.invalidateSize({ animate: false });
    if (view) map.setView([view[0], view[1]], view[2], { animate: false });
    else if (bounds) map.fitBounds(corners(bounds), { animate: false });
    if (url) basemap.show(map, url, maxZoom);
  };

  const animate = !window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  // Leaflet drops what it is asked while it zooms.
  const whenStill = (act) => (map._animatingZoom ? map.once("zoomend", act) : act());
  const take = {
    palette: setPalette,
    ground: setGround,
    units: (message) => units.take(message),
    incidents: (message) => incidents.take(message.rows),
    route: (message) => route.take(message),
    track: (message) => track.take(message),
    mark: (message) => track.mark(message),
    closures: (message) => closures.take(message.rows),
    covering: (message) => {
      coverage.takeLook(message);
      covering.refresh();
    },
    net: ({ url }) => { Foredesk.fetchNet(url); },
    aim: ({ on }) => map.getContainer().classList.toggle("aiming", on),
    fly: ({ lat, lon, zoom }) => whenStill(() => map.setView([lat, lon], Math.max(map.getZoom(), zoom), { animate })),
    fit: ({ bounds }) => whenStill(() => map.fitBounds(corners(bounds), { padding: [40, 40], maxZoom: 16, animate })),
    zoom: ({ steps }) => whenStill(() => map.setZoom(map.getZoom() + steps, { animate })),
  };
  Foredesk.take = (messages) => {
    for (const message of messages) take[message.kind](message);
    overlay.refresh();
  };

  // Another scale, or another monitor: everything is drawn anew at its resolution.
  let ratio = window.devicePixelRatio;
  map.on("resize", () => {
    if (ratio === window.devicePixelRatio) return;
    ratio = window.devicePixelRatio;
    Foredesk.forgetSprites();
    if (basemap.again) basemap.again();
    overlay.refresh();
  });

  Foredesk.overlay = overlay;
  Foredesk.covering = covering;
  Foredesk.map = map;
  new QWebChannel(qt.webChannelTransport, ({ objects }) => Foredesk.listen(map, overlay, objects.desk));
};

Foredesk.listen = (map, overlay, desk) => {
  const fetchPositions = async (address) => {
    const reply = await fetch(address, { cache: "no-store" });
    Foredesk.units.move(new Float32Array(await reply.arrayBuffer()));
    overlay.refresh();
    desk.took();
  };
  // The roads come first; states that arrive before them would belong to no node.
  let roads = Promise.resolve();
  Foredesk.fetchNet = (url) => {
    roads = (url ? fetch(url, { cache: "no-store" }).then((reply) => reply.arrayBuffer()) : Promise.resolve(null))
      .then((data) => {
        if (data) Foredesk.coverage.takeNet(data);
        else Foredesk.coverage.net = Foredesk.coverage.states = null;
        Foredesk.covering.refresh();
      });
  };
  const fetchStates = async (address) => {
    await roads;
    const reply = await fetch(address, { cache: "no-store" });
    Foredesk.coverage.takeStates(new Uint8Array(await reply.arrayBuffer()));
    Foredesk.covering.refresh(() => requestAnimationFrame(() => desk.covered())); // one frame later it is on the screen
  };
  desk.covers.connect((address) => { fetchStates(address).catch(() => desk.covered()); });
  desk.told.connect((text) => Foredesk.take(JSON.parse(text)));
  desk.moved.connect((address) => { fetchPositions(address); });

  const act = (point, place) => {
    const target = overlay.at(point);
    if (!target) desk.click(place.lat, place.lng);
    else if (target.kind === "unit") desk.unit(target.id);
    else desk.incident(target.id);
  };
  map.on("click", (event) => act(event.containerPoint, event.latlng));
  // With the keyboard: arrows move the map under the cross in its middle, Enter is a click there.
  map.getContainer().addEventListener("keydown", (event) => {
    if (event.key === "Enter") act(map.getSize().divideBy(2), map.getCenter());
  });
  map.on("contextmenu", (event) => {
    const { x, y } = event.containerPoint;
    desk.context(event.latlng.lat, event.latlng.lng, x, y);
  });
  map.on("mousemove", (event) => {
    map.getContainer().classList.toggle("on-marker", Boolean(overlay.at(event.containerPoint)));
  });
  const tellView = () => {
    const centre = map.getCenter();
    desk.looks(centre.lat, centre.lng, map.getZoom());
  };
  map.on("moveend", tellView);
  tellView();
  desk.ready();
};

/** What is on the map now, for whoever checks it. */
Foredesk.census = () => ({
  units: Foredesk.units.shown, incidents: (Foredesk.incidents.placed || []).length, places: Foredesk.places.known.length,
  tiles: Foredesk.basemap.drawn, route: Foredesk.route.worlds.length, track: Foredesk.track.worlds.length, grid: Foredesk.grid.shown, draws: Foredesk.overlay.draws,
  palette: Foredesk.theme.palette.name, zoom: Foredesk.map.getZoom(),
  centre: [Foredesk.map.getCenter().lat, Foredesk.map.getCenter().lng],
  targets: Foredesk.overlay.targets.map(({ kind, id, x, y }) => ({ kind, id, x, y })),
});
