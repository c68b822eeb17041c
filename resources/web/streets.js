/* Makes each tile ready for drawing: roads sorted by class, and pieces of one street joined so that its name fits. */
"use strict";

Foredesk.roadKinds = [
  "path", "service", "residential", "tertiary", "secondary", "primary", "trunk", "motorway",
];
Foredesk.paved = Foredesk.roadKinds.slice(1);

(() => {
  const LINE = 2;

  const kindOf = ({ props }) => (Foredesk.roadKinds.includes(props.kind) ? props.kind : "path");

  const boundsOf = (lines) => {
    const box = { minX: Infinity, minY: Infinity, maxX: -Infinity, maxY: -Infinity };
    for (const line of lines) {
      for (const point of line) {
        box.minX = Math.min(box.minX, point.x);
        box.minY = Math.min(box.minY, point.y);
        box.maxX = Math.max(box.maxX, point.x);
        box.maxY = Math.max(box.maxY, point.y);
      }
    }
    return box;
  };

  const corner = (point) => `${Math.round(point.x * 2)}:${Math.round(point.y * 2)}`;

  /** Lines that share end points, joined into as few and as long ones as go on roughly straight. */
  const joined = (lines) => {
    const ends = new Map();
    const note = (line) => {
      for (const point of [line[0], line[line.length - 1]]) {
        const key = corner(point);
        if (!ends.has(key)) ends.set(key, new Set());
        ends.get(key).add(line);
      }
    };
    const forget = (line) => {
      ends.get(corner(line[0])).delete(line);
      ends.get(corner(line[line.length - 1])).delete(line);
    };
    lines.forEach(note);
    const chains = [];
    for (const seed of lines) {
      if (!ends.get(corner(seed[0])).has(seed)) continue;
      forget(seed);
      const chain = seed.slice();
      extend(chain, ends, forget);
      chain.reverse();
      extend(chain, ends, forget);
      chains.push(chain);
    }
    return chains;
  };

  const extend = (chain, ends, forget) => {
    for (;;) {
      const tip = chain[chain.length - 1];
      const before = chain[chain.length - 2];
      let best = null;
      let bestTurn = 0.5; // cosine: a name may bend by 60 degrees at most
      for (const line of ends.get(corner(tip)) || []) {
        const forward = corner(line[0]) === corner(tip);
        const next = forward ? line[1] : line[line.length - 2];
        const turn = cosine(before, tip, next);
        if (turn > bestTurn) [best, bestTurn] = [{ line, forward }, turn];
      }
      if (!best) return;
      forget(best.line);
      const rest = best.forward ? best.line : best.line.slice().reverse();
      for (let i = 1; i < rest.length; i++) chain.push(rest[i]);
    }
  };

  const cosine = (a, b, c) => {
    const ux = b.x - a.x, uy = b.y - a.y, vx = c.x - b.x, vy = c.y - b.y;
    const length = Math.hypot(ux, uy) * Math.hypot(vx, vy);
    return length ? (ux * vx + uy * vy) / length : -1;
  };

  const named = (name, kind, lines) => {
    const geom = joined(lines);
    return { props: { name, kind }, geom, geomType: LINE, bbox: boundsOf(geom), numVertices: 0 };
  };

  const sortRoads = (roads, out) => {
    const streets = new Map();
    for (const feature of roads) {
      if (feature.geomType !== LINE) continue;
      const kind = kindOf(feature);
      out.get(`roads/${kind}`).push(feature);
      const name = feature.props.name;
      if (!name || kind === "path") continue;
      if (!streets.has(name)) streets.set(name, { kind, lines: [] });
      const street = streets.get(name);
      if (Foredesk.roadKinds.indexOf(kind) > Foredesk.roadKinds.indexOf(street.kind)) street.kind = kind;
      for (const line of feature.geom) if (line.length > 1) street.lines.push(line);
    }
    for (const [name, { kind, lines }] of streets) out.get(`names/${kind}`).push(named(name, kind, lines));
  };

  /** The layers of one tile as the rules of basemap.js want them; every layer is there, if only empty. */
  Foredesk.prepareTile = (tile) => {
    const out = new Map();
    for (const kind of Foredesk.roadKinds) {
      out.set(`roads/${kind}`, []);
      out.set(`names/${kind}`, []);
    }
    for (const name of ["land", "zones", "buildings", "places"]) out.set(name, tile.get(name) || []);
    const water = tile.get("water") || [];
    out.set("water", water.filter((feature) => feature.geomType !== LINE));
    out.set("waterways", water.filter((feature) => feature.geomType === LINE));
    out.set("end", []);
    sortRoads(tile.get("roads") || [], out);
    return out;
  };
})();
