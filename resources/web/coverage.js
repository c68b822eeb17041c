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
    const columns = Math.min(1024, Math.floor(wide / cell) + 5), rows = Math.min(1024, Math.floor(high / cell) + 5);
    const stepX = Math.max(cell, wide / (columns - 5)), stepY = Math.max(cell, high / (rows - 5));
    const cellOf = new Int32Array(nodes);
    for (let i = 0; i < nodes; i++) {
      cellOf[i] = (Math.floor(offsets[2 * i + 1] / stepY) + 2) * columns + Math.floor(offsets[2 * i] / stepX) + 2;
    }
    return { columns, rows, stepX, stepY, cellOf, raster: null, everybody: null };
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

  /** Small pictures of where gaps are, where they would be and, if asked for, of the counts; kept until states change. */
  rasterOf(net) {
    if (net.raster) return net.raster;
    const cells = net.columns * net.rows;
    const gap = new Float32Array(cells), soon = new Float32Array(cells);
    const table = this.classes(), { cellOf, nodes } = net, states = this.states;
    let gaps = 0, soons = 0;
    for (let i = 0; i < nodes; i++) {
      const kind = table[states[i]];
      if (kind === 0) {
        gap[cellOf[i]] += 1;
        gaps++;
      } else if (kind === 1) {
        soon[cellOf[i]] += 1;
        soons++;
      }
    }
    const all = this.everybody(net);
    net.raster = { gap: gaps ? this.layerOf(net, all, gap) : null, soon: soons ? this.layerOf(net, all, soon) : null };
    if (this.look.mode === "counts") net.raster.counts = this.layersOfCounts(net, all, gap, soon);
    return net.raster;
  },

  /** How many nodes that count lie in each cell, and the same smoothed. It changes with the map, not with the teams. */
  everybody(net) {
    if (net.everybody) return net.everybody;
    const cells = new Float32Array(net.columns * net.rows);
    for (let i = 0; i < net.nodes; i++) if (this.states[i] !== 255) cells[net.cellOf[i]] += 1;
    net.everybody = { cells, smooth: this.blurred(cells, net.columns) };
    return net.everybody;
  },

  layersOfCounts(net, all, gap, soon) {
    const sum = new Float32Array(gap.length);
    for (let i = 0; i < net.nodes; i++) {
      if (this.states[i] !== 255) sum[net.cellOf[i]] += Math.min(this.states[i] & 15, 3);
    }
    const { cells } = all;
    return [1, 2, 3].map((count) => {
      const part = new Float32Array(cells.length);
      for (let cell = 0; cell < cells.length; cell++) {
        const covered = cells[cell] && gap[cell] + soon[cell] < cells[cell] / 2;
        if (covered && Math.round(sum[cell] / cells[cell]) === count) part[cell] = cells[cell];
      }
      return this.layerOf(net, all, part);
    });
  },

  /** A small picture whose alpha is the share of each cell, smoothed into cells without roads of their own. */
  layerOf(net, all, part) {
    const { columns, rows } = net;
    const image = new ImageData(columns, rows);
    const most = all.smooth, some = this.blurred(part, columns), out = image.data;
    for (let at = 0; at < most.length; at++) {
      if (some[at] < 0.3) continue; // the last breath of a single road
      const share = (some[at] / most[at] - 0.3) / 0.4; // an area's edge runs where half of it is a gap
      out[at * 4 + 3] = 255 * Math.min(1, Math.max(0, share)) * Math.min(1, some[at] / 0.9);
    }
    const canvas = new OffscreenCanvas(columns, rows);
    canvas.getContext("2d").putImageData(image, 0, 0);
    return canvas;
  },

  /** Each cell with its neighbours two cells far, to the right and left and then up and down. */
  blurred(cells, columns) {
    const beside = new Float32Array(cells.length), round = new Float32Array(cells.length);
    for (let at = 2; at < cells.length - 2; at++) {
      beside[at] = (cells[at - 2] + cells[at + 2] + 4 * (cells[at - 1] + cells[at + 1]) + 6 * cells[at]) / 16;
    }
    const two = 2 * columns;
    for (let at = two; at < cells.length - two; at++) {
      round[at] = (beside[at - two] + beside[at + two] + 4 * (beside[at - columns] + beside[at + columns]) + 6 * beside[at]) / 16;
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

  /** Gaps go straight onto the empty canvas; what else there is comes beside or below them by way of another. */
  drawAreas(frame) {
    const { gap, soon, counts } = this.rasterOf(this.net), colors = this.colors();
    const strength = frame.zoom >= 15 ? 0.6 : 1; // close up the roads say it; areas stand back
    const { ctx, size } = frame;
    this.area(frame, ctx, gap, colors.gap, "/", strength);
    const layers = [[soon, colors.soon, "x", strength]];
    if (counts) counts.forEach((layer, i) => layers.push([layer, colors.counts[i], "", 0.36 * strength]));
    for (const [layer, color, hatch, strong] of layers) {
      if (!layer) continue;
      const scratch = this.scratchOf(frame);
      const paint = scratch.getContext("2d");
      paint.clearRect(0, 0, size.x, size.y);
      this.area(frame, paint, layer, color, hatch, strong);
      ctx.drawImage(scratch, 0, 0, size.x, size.y);
    }
  },

  /** An area in one colour on an empty canvas: a light tint, and a hatch that stays with the ground. */
  area(frame, paint, layer, color, hatch, strength) {
    if (!layer) return;
    const { size } = frame, { net } = this;
    const corner = frame.toScreen({ x: net.x - 2 * net.stepX, y: net.y - 2 * net.stepY });
    const far = frame.toScreen({ x: net.x + (net.columns - 2) * net.stepX, y: net.y + (net.rows - 2) * net.stepY });
    paint.globalAlpha = strength;
    paint.drawImage(layer, corner.x, corner.y, far.x - corner.x, far.y - corner.y);
    paint.globalAlpha = 1;
    paint.globalCompositeOperation = "source-in";
    paint.fillStyle = color;
    if (hatch) {
      paint.fillStyle = paint.createPattern(this.hatch(color, hatch, 0.2), "repeat");
      paint.fillStyle.setTransform(new DOMMatrix().translate(frame.shift.x % 8, frame.shift.y % 8));
    }
    paint.fillRect(0, 0, size.x, size.y);
    paint.globalCompositeOperation = "source-over";
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
      this.repaint();
      const waiters = this.waiters || [];
      this.waiters = [];
      for (const waiter of waiters) waiter();
    });
  },

  /** All of the canvas, in its place for what is in view now. */
  draw() {
    this.paint(false);
  },

  /** Only what is in view: its edges were drawn when the map last moved, and are drawn again when it next does. */
  repaint() {
    const map = this._map;
    const stands = map && this.corner && this.zoom === map.getZoom() && this.stood === map.getPixelBounds().min.toString();
    this.paint(stands && this.canvas.style.display !== "none");
  },

  paint(inViewOnly) {
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
    this.stood = map.getPixelBounds().min.toString();
    const at = edge.multiplyBy(-1);
    if (!inViewOnly) L.DomUtil.setPosition(this.canvas, map.containerPointToLayerPoint(at));
    this.corner = map.containerPointToLatLng(at);
    const scale = Math.pow(2, this.zoom);
    const origin = map.getPixelBounds().min.subtract(edge);
    ctx.save();
    if (inViewOnly) {
      ctx.beginPath();
      ctx.rect(edge.x, edge.y, inView.x, inView.y);
      ctx.clip();
    }
    ctx.clearRect(0, 0, size.x, size.y);
    coverage.draw({
      ctx, size, zoom: this.zoom, origin, shift: { x: -origin.x, y: -origin.y },
      toScreen: (world) => ({ x: world.x * scale - origin.x, y: world.y * scale - origin.y }),
    });
    ctx.restore();
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
    return ctx;
  },
});
