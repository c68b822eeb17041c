/* How the ground is drawn: one stroke for all roads of a class, straight names along bending streets. */
"use strict";

(() => {
  // The painter knows no "after": what one rule collected is drawn when the next one begins, and "end" begins last.
  let pending = null;
  const flush = (ctx) => {
    if (pending) pending.finish(ctx);
    pending = null;
  };

  const trace = (ctx, geom) => {
    for (const line of geom) {
      for (let i = 0; i < line.length; i++) {
        if (i === 0) ctx.moveTo(line[0].x, line[0].y);
        else ctx.lineTo(line[i].x, line[i].y);
      }
    }
  };

  class Collected {
    before(ctx, zoom) {
      flush(ctx);
      this.zoom = zoom;
      ctx.globalAlpha = 1;
      ctx.beginPath();
      pending = this;
    }

    draw(ctx, geom) {
      trace(ctx, geom);
    }
  }

  Foredesk.End = class extends Collected {
    finish() {}
  };

  Foredesk.Strokes = class extends Collected {
    constructor({ color, width, dash, cap = "round" }) {
      super();
      Object.assign(this, { color, width, dash, cap });
    }

    finish(ctx) {
      ctx.save();
      ctx.strokeStyle = this.color;
      ctx.lineWidth = this.width(this.zoom);
      ctx.lineCap = this.cap;
      ctx.lineJoin = "round";
      if (this.dash) ctx.setLineDash(this.dash);
      ctx.stroke();
      ctx.restore();
    }
  };

  Foredesk.Fills = class extends Collected {
    constructor({ color, edge, edgeFrom = 0 }) {
      super();
      Object.assign(this, { color, edge, edgeFrom });
    }

    finish(ctx) {
      ctx.fillStyle = this.color;
      ctx.fill();
      if (!this.edge || this.zoom < this.edgeFrom) return;
      ctx.strokeStyle = this.edge;
      ctx.lineWidth = 1;
      ctx.stroke();
    }
  };

  /** Areas whose colour depends on the area itself. */
  Foredesk.Tints = class {
    constructor(colorOf) {
      this.colorOf = colorOf;
    }

    before(ctx) {
      flush(ctx);
    }

    draw(ctx, geom, _zoom, feature) {
      ctx.globalAlpha = 1;
      ctx.fillStyle = this.colorOf(feature.props);
      ctx.beginPath();
      trace(ctx, geom);
      ctx.fill();
    }
  };

  /** Arrows in the direction of one-way streets. */
  Foredesk.Arrows = class {
    constructor(color) {
      this.color = color;
    }

    before(ctx) {
      flush(ctx);
      ctx.globalAlpha = 1;
    }

    draw(ctx, geom, _zoom, feature) {
      for (const line of geom) this.along(ctx, line, Number(feature.props.oneway) < 0);
    }

    along(ctx, line, backwards) {
      let travelled = -40;
      for (let i = 1; i < line.length; i++) {
        const dx = line[i].x - line[i - 1].x, dy = line[i].y - line[i - 1].y;
        const length = Math.hypot(dx, dy);
        while (length > 0 && travelled + length >= 60) {
          const step = 60 - travelled;
          this.arrow(ctx, line[i - 1].x + (dx * step) / length, line[i - 1].y + (dy * step) / length,
            Math.atan2(dy, dx) + (backwards ? Math.PI : 0));
          travelled = -step - 60;
        }
        travelled += length;
      }
    }

    arrow(ctx, x, y, angle) {
      ctx.save();
      ctx.translate(x, y);
      ctx.rotate(angle);
      ctx.strokeStyle = this.color;
      ctx.lineWidth = 1.2;
      ctx.beginPath();
      ctx.moveTo(-5, 0);
      ctx.lineTo(5, 0);
      ctx.moveTo(2, -2.6);
      ctx.lineTo(5, 0);
      ctx.lineTo(2, 2.6);
      ctx.stroke();
      ctx.restore();
    }
  };

  const boxesAlong = (x0, y0, x1, y1, half) => {
    const steps = Math.max(1, Math.ceil(Math.hypot(x1 - x0, y1 - y0) / (half * 2)));
    const boxes = [];
    for (let i = 0; i <= steps; i++) {
      const x = x0 + ((x1 - x0) * i) / steps, y = y0 + ((y1 - y0) * i) / steps;
      boxes.push({ minX: x - half, minY: y - half, maxX: x + half, maxY: y + half });
    }
    return boxes;
  };

  /** Street names, set straight where the street runs straight enough to carry them. */
  Foredesk.StreetName = class {
    constructor({ size, weight, color, halo, apart = 380 }) {
      Object.assign(this, { size, weight, color, halo, apart });
    }

    place(layout, geom, feature) {
      const name = String(feature.props.name);
      const font = Foredesk.font(this.size(layout.zoom), this.weight);
      layout.scratch.font = font;
      const width = layout.scratch.measureText(name).width;
      const labels = [];
      for (const line of geom) {
        for (const spot of this.spots(line, width)) labels.push(this.label(name, font, width, spot));
      }
      return labels.length ? labels : undefined;
    }

    /** Stretches of `line` as long as the name, each nearly straight; the straightest of each neighbourhood. */
    spots(line, width) {
      const at = [0];
      for (let i = 1; i < line.length; i++) {
        at.push(at[i - 1] + Math.hypot(line[i].x - line[i - 1].x, line[i].y - line[i - 1].y));
      }
      const total = at[at.length - 1];
      const need = width + 14;
      if (total < need) return [];
      const spots = [];
      const count = Math.max(1, Math.floor(total / Math.max(this.apart, need)));
      for (let part = 0; part < count; part++) {
        const best = this.straightest(line, at, (part * total) / count, ((part + 1) * total) / count, need);
        if (best) spots.push(best);
      }
      return spots;
    }

    straightest(line, at, from, to, need) {
      const slack = Math.max(0, to - from - need);
      let best = null;
      let bestCost = need * 0.03; // the chord may be 3 % shorter than the street
      for (let step = 0; step <= 8; step++) {
        const start = from + slack * [0.5, 0.375, 0.625, 0.25, 0.75, 0.125, 0.875, 0, 1][step];
        const a = pointAt(line, at, start), b = pointAt(line, at, start + need);
        const cost = need - Math.hypot(b.x - a.x, b.y - a.y);
        if (cost < bestCost - 0.5) [best, bestCost] = [{ a, b, seed: line[0] }, cost];
      }
      return best;
    }

    label(name, font, width, { a, b, seed }) {
      const turned = b.x < a.x;
      const angle = Math.atan2(b.y - a.y, b.x - a.x) + (turned ? Math.PI : 0);
      const anchor = seed.clone();
      anchor.x = (a.x + b.x) / 2;
      anchor.y = (a.y + b.y) / 2;
      const draw = (ctx) => {
        ctx.globalAlpha = 1;
        ctx.rotate(angle);
        ctx.font = font;
        ctx.textAlign = "center";
        ctx.textBaseline = "middle";
        ctx.lineJoin = "round";
        ctx.lineWidth = 3;
        ctx.strokeStyle = this.halo;
        ctx.strokeText(name, 0, 0.5);
        ctx.fillStyle = this.color;
        ctx.fillText(name, 0, 0.5);
      };
      const bboxes = boxesAlong(a.x, a.y, b.x, b.y, 8);
      return { anchor, bboxes, draw, deduplicationKey: name, deduplicationDistance: this.apart * 0.8 };
    }
  };

  const pointAt = (line, at, distance) => {
    let i = 1;
    while (i < at.length - 1 && at[i] < distance) i++;
    const part = at[i] > at[i - 1] ? (distance - at[i - 1]) / (at[i] - at[i - 1]) : 0;
    return {
      x: line[i - 1].x + (line[i].x - line[i - 1].x) * part,
      y: line[i - 1].y + (line[i].y - line[i - 1].y) * part,
    };
  };

  /** Names of towns, quarters and waters, centred on their point or area. */
  Foredesk.PlaceName = class {
    constructor({ size, weight = 600, color, halo, spacing = 0, upper = false }) {
      Object.assign(this, { size, weight, color, halo, spacing, upper });
    }

    place(layout, geom, feature) {
      const name = String(feature.props.name || "");
      if (!name) return undefined;
      const text = this.upper ? name.toUpperCase() : name;
      const size = this.size(layout.zoom);
      const font = Foredesk.font(size, this.weight);
      layout.scratch.font = font;
      const width = layout.scratch.measureText(text).width + this.spacing * text.length;
      const anchor = geom[0][0].clone();
      const box = {
        minX: anchor.x - width / 2 - 6, maxX: anchor.x + width / 2 + 6,
        minY: anchor.y - size / 2 - 5, maxY: anchor.y + size / 2 + 5,
      };
      const draw = (ctx) => {
        ctx.globalAlpha = 1;
        ctx.font = font;
        ctx.letterSpacing = `${this.spacing}px`;
        ctx.textAlign = "center";
        ctx.textBaseline = "middle";
        ctx.lineJoin = "round";
        ctx.lineWidth = 4;
        ctx.strokeStyle = this.halo;
        ctx.strokeText(text, 0, 0);
        ctx.fillStyle = this.color;
        ctx.fillText(text, 0, 0);
      };
      return [{ anchor, bboxes: [box], draw, deduplicationKey: text, deduplicationDistance: 300 }];
    }
  };
})();
