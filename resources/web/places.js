/* Stations, hospitals and police: quiet squares with a sign, so that units and incidents stand out. */
"use strict";

Foredesk.places = {
  known: [],

  take(rows) {
    this.known = rows.map((row) => ({ ...row, world: Foredesk.worldOf(row.lat, row.lon) }));
  },

  draw(frame) {
    if (frame.zoom < 11) return;
    this.named = [];
    for (const place of this.known) {
      const point = frame.toScreen(place.world);
      if (!frame.sees(point)) continue;
      const size = frame.zoom >= 14 ? 15 : 11;
      const sprite = Foredesk.sprite(`place|${place.kind}|${size}`, size + 4, size + 4, (ctx) => this.paint(ctx, place.kind, size));
      Foredesk.stamp(frame.ctx, sprite, point.x, point.y);
      this.named.push({ place, point, size });
    }
  },

  /** Names come last, where there is room left. */
  label(frame) {
    if (frame.zoom < 14) return;
    const { ground } = Foredesk.theme;
    for (const { place, point, size } of this.named || []) {
      if (!place.name) continue;
      const sprite = Foredesk.haloText(place.name, { size: 10.5, weight: 400, color: ground.quietText, halo: ground.halo });
      const y = point.y + size / 2 + sprite.height / 2;
      const w = sprite.width / 2, h = sprite.height / 2;
      if (frame.room.claim({ x0: point.x - w, y0: y - h + 2, x1: point.x + w, y1: y + h - 2 })) {
        Foredesk.stamp(frame.ctx, sprite, point.x, y);
      }
    }
  },

  paint(ctx, kind, size) {
    const { ground, palette } = Foredesk.theme;
    ctx.beginPath();
    ctx.roundRect(-size / 2, -size / 2, size, size, 3);
    ctx.fillStyle = palette.raised;
    ctx.strokeStyle = ground.quietText;
    ctx.lineWidth = 1;
    ctx.fill();
    ctx.stroke();
    ctx.fillStyle = ctx.strokeStyle = palette.muted;
    const sign = { hospital: this.cross, police: this.shield, fire_station: this.flame }[kind] || this.house;
    sign(ctx, size / 2 - 3);
  },

  cross(ctx, r) {
    ctx.fillRect(-r, -r * 0.3, 2 * r, r * 0.6);
    ctx.fillRect(-r * 0.3, -r, r * 0.6, 2 * r);
  },

  shield(ctx, r) {
    ctx.beginPath();
    ctx.moveTo(0, -r);
    ctx.lineTo(r * 0.85, -r * 0.6);
    ctx.quadraticCurveTo(r * 0.8, r * 0.5, 0, r);
    ctx.quadraticCurveTo(-r * 0.8, r * 0.5, -r * 0.85, -r * 0.6);
    ctx.fill();
  },

  flame(ctx, r) {
    ctx.beginPath();
    ctx.moveTo(r * 0.1, -r);
    ctx.bezierCurveTo(r * 0.2, -r * 0.3, r * 0.9, 0, r * 0.6, r * 0.6);
    ctx.bezierCurveTo(r * 0.4, r * 1.1, -r * 0.5, r * 1.1, -r * 0.65, r * 0.5);
    ctx.bezierCurveTo(-r * 0.8, 0, -r * 0.3, -r * 0.1, r * 0.1, -r);
    ctx.fill();
  },

  house(ctx, r) {
    ctx.beginPath();
    ctx.moveTo(0, -r);
    ctx.lineTo(r, -r * 0.1);
    ctx.lineTo(r * 0.65, -r * 0.1);
    ctx.lineTo(r * 0.65, r * 0.85);
    ctx.lineTo(-r * 0.65, r * 0.85);
    ctx.lineTo(-r * 0.65, -r * 0.1);
    ctx.lineTo(-r, -r * 0.1);
    ctx.closePath();
    ctx.fill();
  },
};
