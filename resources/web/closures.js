/* Roads that are closed: the piece struck out, and a sign at its middle that keeps its size. */
"use strict";

Foredesk.closures = {
  known: [],

  take(rows) {
    this.known = rows.map(({ id, points, road }) => ({ id, road, worlds: points.map(([lat, lon]) => Foredesk.worldOf(lat, lon)) }));
  },

  draw(frame) {
    const { ctx } = frame, { palette, ground } = Foredesk.theme;
    for (const { worlds } of this.known) {
      const points = worlds.map(frame.toScreen);
      const middle = this.middle(points);
      if (!frame.sees(middle, 400)) continue;
      ctx.save();
      ctx.lineJoin = "round";
      for (const [width, color, dash] of [[9, ground.halo, []], [6, palette.surface, []], [6, palette.text, [5, 5]]]) {
        ctx.beginPath();
        points.forEach((p, i) => (i ? ctx.lineTo(p.x, p.y) : ctx.moveTo(p.x, p.y)));
        ctx.lineWidth = width;
        ctx.strokeStyle = color;
        ctx.setLineDash(dash);
        ctx.stroke();
      }
      ctx.restore();
      Foredesk.stamp(ctx, this.sign(), middle.x, middle.y);
      frame.room.take({ x0: middle.x - 9, y0: middle.y - 9, x1: middle.x + 9, y1: middle.y + 9 });
    }
  },

  middle(points) {
    const half = points.length / 2;
    const a = points[Math.ceil(half) - 1], b = points[Math.floor(half)];
    return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  },

  sign() {
    const { palette } = Foredesk.theme;
    return Foredesk.sprite("road closed", 24, 24, (ctx) => {
      ctx.beginPath();
      ctx.arc(0, 0, 8.5, 0, 2 * Math.PI);
      ctx.fillStyle = palette.surface;
      ctx.fill();
      ctx.lineWidth = 2;
      ctx.strokeStyle = palette.text;
      ctx.stroke();
      ctx.fillStyle = palette.text;
      ctx.fillRect(-5, -1.8, 10, 3.6);
    });
  },
};
