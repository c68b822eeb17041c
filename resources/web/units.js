/* Units: shape is the kind, fill the availability, the tick the heading; age and source of the position show. */
"use strict";

Foredesk.units = {
  known: new Map(), // slot -> unit
  positions: new Float32Array(0),
  origin: { lat: 0, lon: 0 },
  worlds: new Map(), // slot -> place on the unscaled world map
  shown: 0,

  take({ put = [], drop = [] }) {
    for (const slot of drop) this.known.delete(slot);
    for (const [slot, id, shape, availability, source, age, ageText, selected] of put) {
      this.known.set(slot, { slot, id, shape, availability, source, age, ageText, selected });
    }
  },

  /** `data`: latitude and longitude of the origin, 0, then per slot the offsets from it and the heading (NaN: none). */
  move(data) {
    this.positions = data;
    this.worlds.clear();
    for (let slot = 0; slot * 3 + 5 < data.length; slot++) {
      const lat = data[0] + data[slot * 3 + 3], lon = data[1] + data[slot * 3 + 4];
      if (Number.isFinite(lat) && Number.isFinite(lon)) this.worlds.set(slot, Foredesk.worldOf(lat, lon));
    }
  },

  heading(slot) {
    return this.positions[slot * 3 + 5];
  },

  /** Units at one and the same place stand side by side. */
  stacks(frame) {
    const stacks = new Map();
    for (const unit of this.known.values()) {
      const world = this.worlds.get(unit.slot);
      if (!world) continue;
      const point = frame.toScreen(world);
      if (!frame.sees(point)) continue;
      const key = `${Math.round(world.x * 2e6)}:${Math.round(world.y * 2e6)}`;
      if (!stacks.has(key)) stacks.set(key, { point, units: [] });
      stacks.get(key).units.push(unit);
    }
    return [...stacks.values()];
  },

  /** Takes the room of every symbol, before anything else looks for room. */
  place(frame) {
    const placed = [];
    for (const { point, units } of this.stacks(frame)) {
      units.sort((a, b) => a.slot - b.slot);
      const step = frame.zoom >= 13 ? 19 : 11;
      units.forEach((unit, i) => {
        placed.push({ unit, x: point.x + (i - (units.length - 1) / 2) * step, y: point.y, crowd: units.length });
      });
    }
    const rank = (unit) => (unit.selected ? 0 : { working: 1, moving: 1, free: 2, unusable: 3 }[unit.availability]);
    placed.sort((a, b) => rank(b.unit) - rank(a.unit) || b.unit.slot - a.unit.slot);
    const r = this.radius(frame);
    for (const { x, y } of placed) frame.room.take({ x0: x - r, y0: y - r, x1: x + r, y1: y + r });
    this.placed = placed;
    this.shown = placed.length;
  },

  draw(frame) {
    for (const spot of this.placed) this.symbol(frame, spot);
    for (const spot of this.placed.slice().reverse()) this.label(frame, spot);
  },

  radius(frame) {
    return frame.zoom >= 15 ? 8 : frame.zoom >= 13 ? 7 : frame.zoom >= 11 ? 5.5 : 4.5;
  },

  symbol(frame, { unit, x, y }) {
    const r = this.radius(frame) * (unit.source === "station" ? 0.85 : 1);
    const heading = this.heading(unit.slot);
    if (Number.isFinite(heading) && unit.age < 2) this.tick(frame.ctx, unit, x, y, r, heading);
    const look = `${unit.shape}|${unit.availability}|${unit.source}|${unit.age}|${unit.selected}`;
    const side = 2 * r + 18;
    Foredesk.stamp(frame.ctx, Foredesk.sprite(`unit|${look}|${r}`, side, side, (ctx) => this.paint(ctx, unit, r)), x, y);
    frame.targets.push({ kind: "unit", id: unit.id, x, y, r });
  },

  paint(ctx, unit, r) {
    const palette = Foredesk.theme.palette;
    const color = palette[unit.availability] || palette.muted;
    const outline = Foredesk.outlineOf(unit.shape);
    if (unit.selected) this.ring(ctx, r + 5, palette.text, [], 2);
    if (unit.source === "typed" || unit.source === "predicted") this.ring(ctx, r + 3.5, color, [2.5, 2.5], 1.3);
    ctx.lineJoin = "round";
    outline(ctx, 0, 0, r);
    ctx.strokeStyle = Foredesk.theme.ground.halo;
    ctx.lineWidth = 3.5;
    ctx.stroke();
    const hollow = unit.age >= 2 || unit.availability === "unusable" || unit.source === "predicted";
    outline(ctx, 0, 0, hollow ? r - 1 : r);
    ctx.fillStyle = hollow ? palette.surface : color;
    ctx.globalAlpha = unit.age === 1 ? 0.55 : 1;
    ctx.fill();
    ctx.globalAlpha = unit.age === 0 ? 1 : 0.8;
    if (!hollow && unit.age === 0) return;
    ctx.strokeStyle = color;
    ctx.lineWidth = hollow ? 2 : 1.2;
    ctx.stroke();
  },

  ring(ctx, r, color, dash, width) {
    ctx.beginPath();
    ctx.arc(0, 0, r, 0, 2 * Math.PI);
    ctx.strokeStyle = color;
    ctx.lineWidth = width;
    ctx.setLineDash(dash);
    ctx.stroke();
    ctx.setLineDash([]);
  },

  tick(ctx, unit, x, y, r, heading) {
    const angle = ((heading - 90) * Math.PI) / 180;
    const dx = Math.cos(angle), dy = Math.sin(angle);
    const strokes = [[4.5, Foredesk.theme.ground.halo], [2.4, Foredesk.theme.palette[unit.availability]]];
    ctx.lineCap = "round";
    for (const [width, color] of strokes) {
      ctx.beginPath();
      ctx.moveTo(x + dx * r * 0.8, y + dy * r * 0.8);
      ctx.lineTo(x + dx * (r + 6.5), y + dy * (r + 6.5));
      ctx.lineWidth = width;
      ctx.strokeStyle = color;
      ctx.stroke();
    }
  },

  label(frame, { unit, x, y, crowd }) {
    if (frame.zoom < 11 && !unit.selected) return;
    const { palette, ground } = Foredesk.theme;
    const text = unit.age > 0 ? `${unit.id} ${unit.ageText}` : unit.id;
    const faded = unit.age > 0 || unit.availability === "unusable";
    const sprite = Foredesk.haloText(text, {
      size: unit.selected ? 12 : 11, weight: unit.selected ? 700 : 600, halo: ground.halo,
      color: faded ? palette.muted : palette.text,
    });
    const r = this.radius(frame);
    const w = sprite.width / 2, h = sprite.height / 2;
    const beside = [[x + r + w + 1, y], [x - r - w - 1, y]];
    const stacked = [[x, y + r + h], [x, y - r - h]];
    for (const [cx, cy] of crowd > 1 ? stacked : [...beside, ...stacked]) {
      const box = { x0: cx - w + 3, y0: cy - h + 3, x1: cx + w - 3, y1: cy + h - 3 };
      if (!frame.room.claim(box)) continue;
      Foredesk.stamp(frame.ctx, sprite, cx, cy);
      return;
    }
    if (unit.selected) Foredesk.stamp(frame.ctx, sprite, beside[0][0], beside[0][1]);
  },
};
