/* The ground: the pack's vector tiles drawn in the theme's colours, by rules for each of the pack's layers. */
"use strict";

(() => {
  const byZoom = Foredesk.byZoom;
  const widths = {
    motorway: byZoom([[8, 1], [12, 2.6], [14, 5], [16, 10], [18, 24]]),
    trunk: byZoom([[8, 0.9], [12, 2.4], [14, 4.6], [16, 9.5], [18, 23]]),
    primary: byZoom([[9, 0.7], [12, 2], [14, 4.2], [16, 9], [18, 22]]),
    secondary: byZoom([[10, 0.6], [12, 1.5], [14, 3.4], [16, 8], [18, 20]]),
    tertiary: byZoom([[11, 0.5], [12, 0.9], [14, 2.6], [16, 7], [18, 18]]),
    residential: byZoom([[12, 0.45], [13, 0.7], [14, 1.3], [15, 2.8], [16, 5.6], [18, 15]]),
    service: byZoom([[13, 0.4], [15, 1], [16, 2.6], [18, 8]]),
    path: byZoom([[14, 0.6], [16, 1.1], [18, 2]]),
  };
  const from = { motorway: 0, trunk: 0, primary: 8, secondary: 9, tertiary: 10, residential: 12, service: 13, path: 14 };
  const casedFrom = { motorway: 11, trunk: 11, primary: 12, secondary: 13, tertiary: 13, residential: 14, service: 16 };
  const namedFrom = { motorway: 12, trunk: 12, primary: 12, secondary: 13, tertiary: 14, residential: 15, service: 16 };

  const greens = new Set([
    "forest", "wood", "park", "grass", "grassland", "meadow", "scrub", "heath", "nature_reserve", "golf_course",
    "cemetery", "recreation_ground", "village_green", "garden", "orchard", "vineyard", "farmland", "pitch", "allotments",
  ]);
  const built = new Set(["residential", "commercial", "retail", "construction"]);

  const mix = (from, to, share) => {
    const part = (hex, at) => parseInt(hex.slice(at, at + 2), 16);
    const channel = (at) => Math.round(part(from, at) + (part(to, at) - part(from, at)) * share);
    return `rgb(${channel(1)},${channel(3)},${channel(5)})`;
  };

  /** Few people: hardly a tint. From 9,000 people on a zone has the full tint. */
  const zoneTint = (ground) => (props) => {
    const people = Math.max(0, Number(props.population) || 0);
    return mix(ground.zone, ground.zoneDense, Math.min(1, people / 9000));
  };

  const areas = (ground) => [
    { dataLayer: "land", filter: (_z, f) => built.has(f.props.kind), symbolizer: new Foredesk.Fills({ color: ground.builtUp }) },
    {
      dataLayer: "land", symbolizer: new Foredesk.Fills({ color: ground.quiet }),
      filter: (_z, f) => !built.has(f.props.kind) && !greens.has(f.props.kind),
    },
    { dataLayer: "zones", symbolizer: new Foredesk.Tints(zoneTint(ground)) },
    { dataLayer: "land", filter: (_z, f) => greens.has(f.props.kind), symbolizer: new Foredesk.Fills({ color: ground.green }) },
    { dataLayer: "water", symbolizer: new Foredesk.Fills({ color: ground.water }) },
    {
      dataLayer: "waterways", minzoom: 10,
      symbolizer: new Foredesk.Strokes({ color: ground.water, width: byZoom([[10, 0.6], [14, 2], [18, 8]]) }),
    },
    {
      dataLayer: "zones", minzoom: 12,
      symbolizer: new Foredesk.Strokes({ color: ground.zoneEdge, width: byZoom([[12, 0.5], [16, 1]]), dash: [5, 4], cap: "butt" }),
    },
    {
      dataLayer: "buildings", minzoom: 14,
      symbolizer: new Foredesk.Fills({ color: ground.building, edge: ground.buildingEdge, edgeFrom: 16 }),
    },
  ];

  const roads = (ground) => [
    {
      dataLayer: "roads/path", minzoom: from.path,
      symbolizer: new Foredesk.Strokes({ color: ground.path, width: widths.path, dash: [4, 3], cap: "butt" }),
    },
    ...Foredesk.paved.map((kind) => ({
      dataLayer: `roads/${kind}`, minzoom: Math.max(from[kind], casedFrom[kind]),
      symbolizer: new Foredesk.Strokes({ color: ground.casing, width: (z) => widths[kind](z) + (z >= 15 ? 2 : 1.2) }),
    })),
    ...Foredesk.paved.map((kind) => ({
      dataLayer: `roads/${kind}`, minzoom: from[kind],
      symbolizer: new Foredesk.Strokes({ color: ground[kind], width: widths[kind] }),
    })),
    ...Foredesk.paved.map((kind) => ({
      dataLayer: `roads/${kind}`, minzoom: 17, filter: (_z, f) => Boolean(Number(f.props.oneway)),
      symbolizer: new Foredesk.Arrows(ground.arrow),
    })),
    { dataLayer: "end", symbolizer: new Foredesk.End() },
  ];

  const placeRule = (kinds, minzoom, maxzoom, text) => ({
    dataLayer: "places", minzoom, maxzoom,
    filter: (_z, f) => kinds.includes(String(f.props.kind)),
    symbolizer: new Foredesk.PlaceName(text),
  });

  const names = (ground) => {
    const place = { color: ground.placeText, halo: ground.halo };
    const quiet = { color: ground.quietText, halo: ground.halo };
    const street = (kind) => {
      const major = !["residential", "service", "tertiary"].includes(kind);
      return {
        dataLayer: `names/${kind}`, minzoom: namedFrom[kind],
        symbolizer: new Foredesk.StreetName({
          size: major ? byZoom([[12, 10.5], [14, 11.5], [17, 13.5]]) : byZoom([[14, 10], [16, 11], [18, 12.5]]),
          weight: major ? 600 : 400, color: major ? ground.majorText : ground.streetText, halo: ground.halo,
        }),
      };
    };
    return [
      placeRule(["city", "town"], 5, 14, { ...place, size: byZoom([[8, 12], [12, 16], [14, 18]]) }),
      placeRule(["village", "municipality"], 10, 15, { ...place, size: byZoom([[10, 11], [15, 14]]) }),
      placeRule(["suburb", "quarter", "borough", "district"], 12, 16,
        { ...quiet, size: byZoom([[12, 10], [15, 12]]), spacing: 1.2, upper: true }),
      ...Foredesk.paved.slice().reverse().map(street),
      placeRule(["neighbourhood", "hamlet", "locality", "square"], 14, 17, { ...quiet, size: byZoom([[14, 10], [17, 12]]) }),
    ];
  };

  /** Qt answers a range in blocks of 64 KiB, so a long one brings bytes too many, on which unpacking would fail. */
  const exact = (file) => {
    const read = file.getBytes.bind(file);
    file.getBytes = async (offset, length, ...rest) => {
      const answer = await read(offset, length, ...rest);
      return { ...answer, data: answer.data.slice(0, length) };
    };
  };

  /** Wraps the tile source so that every tile is prepared once, when it arrives. */
  const preparing = (layer) => {
    for (const view of layer.views.values()) {
      const source = view.tileCache.source;
      exact(source.p.source);
      const fetched = source.get.bind(source);
      source.get = async (coords, size) => Foredesk.prepareTile(await fetched(coords, size));
    }
  };

  const MANY_TILES = 96; // labels are remembered for this many data tiles: several screens' worth

  Foredesk.basemap = {
    layer: null,
    drawn: 0,

    show(map, url, maxDataZoom) {
      this.remove(map);
      this.again = () => this.show(map, url, maxDataZoom);
      const ground = Foredesk.theme.ground;
      const layer = protomapsL.leafletLayer({
        url, maxDataZoom, attribution: "", noWrap: true, maxZoom: 20, keepBuffer: 1, tileDelay: 1,
        paintRules: [...areas(ground), ...roads(ground)], labelRules: names(ground),
      });
      preparing(layer);
      layer.labelers = new protomapsL.Labelers(layer.scratch, layer.labelRules, MANY_TILES, layer.onTilesInvalidated);
      layer.on("tileload", () => { this.drawn += 1; });
      this.layer = layer.addTo(map);
    },

    remove(map) {
      if (this.layer) map.removeLayer(this.layer);
      this.layer = this.again = null;
    },

    /** New colours on the tiles that are there: nothing is fetched again. */
    recolour() {
      if (!this.layer) return;
      const ground = Foredesk.theme.ground;
      this.layer.paintRules = [...areas(ground), ...roads(ground)];
      this.layer.labelRules = names(ground);
      this.layer.labelers = new protomapsL.Labelers(
        this.layer.scratch, this.layer.labelRules, MANY_TILES, this.layer.onTilesInvalidated);
      this.layer.rerenderTiles();
    },
  };
})();
