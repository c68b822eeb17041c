/* Coverage: how many free teams reach each point of the roads in time. Only gaps are coloured unless counts are asked for.

   Nodes and pieces of road come once per map, as numbers; each update is one byte per node: the teams (at most 14), 16
   added where a dispatch under consideration would open a gap, 255 where nobody counts. */
"use strict";

Foredesk.coverage = {
  CELL_M: 90, // of the raster that shows areas
  LINES: 40000, // pieces of road that are drawn one by one; where more are in view the raster speaks alone
  SOON: 16,
  NOBODY: 255,

  look: { mode: "off", teams: 1, title: "", rows: [] },
  net: null,
  states: null,

  /** `data`: Int32 counts of nodes and pieces, Float64 origin, then Float32 offsets of nodes and Int32 ends of pieces. */
  takeNet(data) {
    const [nodes, pieces] = new Int32Array(data, 0, 2);
    const [x, y, metre] = new Float64Array(data, 8, 3);
    const offsets = new Float32Array(data, 32, 2 * nodes);
    const ends = new Int32Array(data, 32 + 8 * nodes, 2 * pieces);
    this.net = { nodes, pieces, x, y, metre, offsets, ends, ...this.gridOf(offsets, nodes, metre) };
    this.states = null;
  },

  /** Cells of a raster over all nodes, and which one each node lies in. */
  gridOf(offsets, nodes, metre) {
    const cell = this.CELL_M * metre;
    let wide = 0, high = 0;
    for (let i = 0; i < nodes; i++) {
      wide = Math.max(wide, offsets[2 * i]);
      high = Math.max(high, offsets[2 * i + 1]);
    }
    const columns = Math.min(2048, Math.floor(wide / cell) + 3), rows = Math.min(2048, Math.floor(high / cell) + 3);
    const stepX = Math.max(cell, wide / (columns - 3)), stepY = Math.max(cell, high / (rows - 3));
    const cellOf = new Int32Array(nodes);
    for (let i = 0; i < nodes; i++) {
      cellOf[i] = (Math.floor(offsets[2 * i + 1] / stepY) + 1) * columns + Math.floor(offsets[2 * i] / stepX) + 1;
    }
    return { columns, rows, stepX, stepY, cellOf, raster: null };
  },

  takeStates(data) {
    if (!this.net || data.length !== this.net.nodes) return;
    this.states = data;
    this.net.raster = null;
  },

  takeLook(look) {
    this.look = look;
    if (this.net) this.net.raster = null;
    Foredesk.legend.show(look.mode === "off" ? "" : look.title, look.mode === "off" ? [] : look.rows);
  },

  get shown() {
    return Boolean(this.net && this.states && this.look.mode !== "off");
  },

  /** What a node's byte means: 0 gap, 1 would become one, 2 and more: covered by that many less one; -1 shows nothing. */
  classOf(state) {
    if (state === this.NOBODY) return -1;
    const count = state & 15;
    if (count < this.look.teams) return 0;
    if (state & this.SOON) return 1;
    return this.look.mode === "counts" ? Math.min(count, 3) + 1 : -1;
  },

  /** For each of the 256 bytes its class: a table is quicker than asking 300,000 times. */
  classes() {
    const table = new Int8Array(256);
    for (let state = 0; state < 256; state++) table[state] = this.classOf(state);
    return table;
  },

  /** One pixel per cell: how much of it is a gap (red), would become one (green), and its mean count (blue). */
  rasterOf(net) {
    if (net.raster) return net.raster;
    const cells = net.columns * net.rows;
    const all = new Float32Array(cells), gap = new Float32Array(cells), soon = new Float32Array(cells);
    const sum = new Float32Array(cells);
    const table = this.classes(), { cellOf, nodes } = net, states = this.states;
    for (let i = 0; i < nodes; i++) {
      const state = states[i];
      if (state === 255) continue;
      const cell = cellOf[i], kind = table[state];
      all[cell] += 1;
      if (kind === 0) gap[cell] += 1;
      else if (kind === 1) soon[cell] += 1;
      sum[cell] += Math.min(state & 15, 3);
    }
    net.raster = { gap: this.layerOf(net, all, gap), soon: this.layerOf(net, all, soon) };
    if (this.look.mode === "counts") net.raster.counts = this.layersOfCounts(net, all, sum, gap, soon);
    return net.raster;
  },

  layersOfCounts(net, all, sum, gap, soon) {
    const layers = [];
    for (let count = 1; count <= 3; count++) {
      const part = new Float32Array(all.length);
      for (let cell = 0; cell < all.length; cell++) {
        if (all[cell] && gap[cell] + soon[cell] < all[cell] / 2 && Math.round(sum[cell] / all[cell]) === count) part[cell] = all[cell];
      }
      layers.push(this.layerOf(net, all, part));
    }
    return layers;
  },

  /** A small picture whose alpha is the share of each cell, smoothed into cells without roads of their own. */
  layerOf(net, all, part) {
    if (part.every((each) => each === 0)) return null;
    const { columns, rows } = net;
    const image = new ImageData(columns, rows);
    const most = this.blurred(this.blurred(all, columns), columns);
    const some = this.blurred(this.blurred(part, columns), columns);
    for (let at = 0; at < most.length; at++) {
      if (some[at] < 0.3) continue; // the last breath of a single road
      // Half of a cell is where the edge of an area runs.
      const share = (some[at] / most[at] - 0.3) / 0.4;
      image.data[at * 4 + 3] = Math.round(255 * Math.min(1, Math.max(0, share)) * Math.min(1, some[at] / 0.9));
    }
    const canvas = new OffscreenCanvas(columns, rows);
    canvas.getContext("2d").putImageData(image, 0, 0);
    return canvas;
  },

  /** Each cell with its neighbours, to the right and left and then up and down. */
  blurred(cells, columns) {
    const beside = new Float32Array(cells.length), round = new Float32Array(cells.length);
    for (let at = 1; at < cells.length - 1; at++) beside[at] = 0.25 * cells[at - 1] + 0.5 * cells[at] + 0.25 * cells[at + 1];
    for (let at = columns; at < cells.length - columns; at++) {
      round[at] = 0.25 * beside[at - columns] + 0.5 * beside[at] + 0.25 * beside[at + columns];
    }
    return round;
  },

  colors() {
    const { gap, gap_soon: soon, covered_1: one, covered_2: two, covered_3: more } = Foredesk.theme.palette;
    return { gap, soon, counts: [one, two, more] };
  },

  draw(frame) {
    if (!this.shown) return;
    this.drawAreas(frame);
    this.drawRoads(frame);
  },

  drawAreas(frame) {
    const { gap, soon, counts } = this.rasterOf(this.net), colors = this.colors();
    const lines = frame.zoom >= 15 ? 0.6 : 1; // close up the roads say it; areas stand back
    if (counts) counts.forEach((layer, i) => this.area(frame, layer, colors.counts[i], 0.24 * lines, ""));
    this.area(frame, gap, colors.gap, lines, "/");
    this.area(frame, soon, colors.soon, lines, "x");
  },

  /** An area in one colour through its layer's alpha: a light tint, and a hatch that stays with the ground. */
  area(frame, layer, color, strength, hatch) {
    if (!layer) return;
    const { ctx, size } = frame, { net } = this;
    const scratch = this.scratchOf(frame);
    const paint = scratch.getContext("2d");
    paint.setTransform(1, 0, 0, 1, 0, 0);
    paint.globalCompositeOperation = "copy";
    paint.imageSmoothingEnabled = true;
    const corner = frame.toScreen({ x: net.x - net.stepX, y: net.y - net.stepY });
    const far = frame.toScreen({ x: net.x + (net.columns - 1) * net.stepX, y: net.y + (net.rows - 1) * net.stepY });
    paint.drawImage(layer, corner.x, corner.y, far.x - corner.x, far.y - corner.y);
    paint.globalCompositeOperation = "source-in";
    const tint = hatch ? 0.2 : 1;
    paint.globalAlpha = tint;
    paint.fillStyle = color;
    if (!hatch) paint.fillRect(0, 0, size.x, size.y);
    else {
      const pattern = paint.createPattern(this.hatch(color, hatch, tint), "repeat");
      pattern.setTransform(new DOMMatrix().translate(frame.shift.x % 8, frame.shift.y % 8));
      paint.globalAlpha = 1;
      paint.fillStyle = pattern;
      paint.fillRect(0, 0, size.x, size.y);
    }
    paint.globalAlpha = 1;
    ctx.globalAlpha = strength;
    ctx.drawImage(scratch, 0, 0, size.x, size.y);
    ctx.globalAlpha = 1;
  },

  scratchOf({ size }) {
    if (!this.scratch || this.scratch.width !== size.x || this.scratch.height !== size.y) {
      this.scratch = new OffscreenCanvas(size.x, size.y);
    }
    return this.scratch;
  },

  hatch(color, kind, tint) {
    const tile = new OffscreenCanvas(8, 8);
    const ctx = tile.getContext("2d");
    ctx.fillStyle = ctx.strokeStyle = color;
    ctx.globalAlpha = tint;
    ctx.fillRect(0, 0, 8, 8);
    ctx.globalAlpha = 0.75;
    ctx.lineWidth = 1.1;
    ctx.beginPath();
    for (const at of [-8, 0, 8]) {
      ctx.moveTo(at - 1, 9);
      ctx.lineTo(at + 9, -1);
      if (kind === "x") {
        ctx.moveTo(at - 1, -1);
        ctx.lineTo(at + 9, 9);
      }
    }
    ctx.stroke();
    return tile;
  },

  /** The pieces in view by class, as one path each; null where there are too many to be told apart. */
  paths(frame) {
    const { net, states } = this, { ends, offsets } = net;
    const table = this.classes();
    const scale = Math.pow(2, frame.zoom);
    const shiftX = net.x * scale - frame.origin.x, shiftY = net.y * scale - frame.origin.y;
    const xMost = frame.size.x + 20, yMost = frame.size.y + 20;
    const paths = new Map();
    let drawn = 0;
    for (let i = 0; i < net.pieces; i++) {
      const a = ends[2 * i], b = ends[2 * i + 1];
      const one = table[states[a]], other = table[states[b]];
      if (one < 0 && other < 0) continue;
      const xA = offsets[2 * a] * scale + shiftX, yA = offsets[2 * a + 1] * scale + shiftY;
      const xB = offsets[2 * b] * scale + shiftX, yB = offsets[2 * b + 1] * scale + shiftY;
      if ((xA < -20 && xB < -20) || (yA < -20 && yB < -20) || (xA > xMost && xB > xMost) || (yA > yMost && yB > yMost)) continue;
      if (++drawn > this.LINES) return null;
      if (one === other) this.line(paths, one, xA, yA, xB, yB);
      else { // half of the piece is as its one end, half as the other
        const x = (xA + xB) / 2, y = (yA + yB) / 2;
        if (one >= 0) this.line(paths, one, xA, yA, x, y);
        if (other >= 0) this.line(paths, other, x, y, xB, yB);
      }
    }
    return paths;
  },

  line(paths, kind, xA, yA, xB, yB) {
    let path = paths.get(kind);
    if (!path) paths.set(kind, (path = new Path2D()));
    path.moveTo(xA, yA);
    path.lineTo(xB, yB);
  },

  width: Foredesk.byZoom([[12, 1], [14, 1.8], [16, 3.6], [18, 7]]),

  drawRoads(frame) {
    if (frame.zoom < 13) return;
    const paths = this.paths(frame);
    if (!paths) return;
    const { ctx } = frame, colors = this.colors();
    const style = [[colors.gap, 1.25, 0.9], [colors.soon, 1.6, 1], ...colors.counts.map((color) => [color, 0.8, 0.75])];
    ctx.save();
    ctx.lineCap = "butt";
    for (const kind of [4, 3, 2, 0, 1]) {
      if (!paths.has(kind)) continue;
      const [color, wider, strength] = style[kind];
      ctx.strokeStyle = color;
      ctx.globalAlpha = strength;
      ctx.lineWidth = this.width(frame.zoom) * wider;
      ctx.stroke(paths.get(kind));
    }
    ctx.restore();
  },

  /** How many nodes are in each class, for whoever checks. */
  census() {
    const found = {};
    if (this.states) {
      const table = this.classes();
      for (const state of this.states) found[table[state]] = (found[table[state]] || 0) + 1;
    }
    return { mode: this.look.mode, nodes: this.net ? this.net.nodes : 0, classes: found, draws: this.draws || 0 };
  },
};

/** The canvas for coverage: between the ground and the markers, larger than the view, so that panning shows no edge. */
Foredesk.CoverageLayer = L.Layer.extend({
  options: { margin: 0.2 },

  onAdd(map) {
    this.canvas = L.DomUtil.create("canvas", "foredesk-overlay leaflet-zoom-animated", map.getPane("overlayPane"));
    this.canvas.setAttribute("aria-hidden", "true");
    this.draw();
  },

  onRemove() {
    this.canvas.remove();
  },

  getEvents() {
    return { moveend: this.draw, resize: this.draw, viewreset: this.draw, zoomend: this.draw, zoomanim: this.follow };
  },

  follow(event) {
    if (!this.corner) return; // nothing was ever drawn
    const scale = this._map.getZoomScale(event.zoom, this.zoom);
    L.DomUtil.setTransform(this.canvas, this._map._latLngToNewLayerPoint(this.corner, event.zoom, event.center), scale);
  },

  /** Draws again before the next frame, and then calls back. */
  refresh(done) {
    if (done) (this.waiters = this.waiters || []).push(done);
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.draw();
      const waiters = this.waiters || [];
      this.waiters = [];
      for (const waiter of waiters) waiter();
    });
  },

  draw() {
    const map = this._map;
    if (!map || map._animatingZoom) return;
    const { coverage } = Foredesk;
    this.canvas.style.display = coverage.shown ? "" : "none";
    if (!coverage.shown) return;
    const inView = map.getSize();
    const edge = inView.multiplyBy(this.options.margin).round();
    const size = inView.add(edge.multiplyBy(2));
    const ctx = this.fitCanvas(size);
    this.zoom = map.getZoom();
    const at = edge.multiplyBy(-1);
    L.DomUtil.setPosition(this.canvas, map.containerPointToLayerPoint(at));
    this.corner = map.containerPointToLatLng(at);
    const scale = Math.pow(2, this.zoom);
    const origin = map.getPixelBounds().min.subtract(edge);
    coverage.draw({
      ctx, size, zoom: this.zoom, origin, shift: { x: -origin.x, y: -origin.y },
      toScreen: (world) => ({ x: world.x * scale - origin.x, y: world.y * scale - origin.y }),
    });
    coverage.draws = (coverage.draws || 0) + 1;
  },

  fitCanvas(size) {
    const ratio = window.devicePixelRatio || 1;
    const width = Math.round(size.x * ratio), height = Math.round(size.y * ratio);
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
      this.canvas.style.width = `${size.x}px`;
      this.canvas.style.height = `${size.y}px`;
    }
    const ctx = this.canvas.getContext("2d");
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, size.x, size.y);
    return ctx;
  },
});
