/* The route to the scene with its travel time. */
"use strict";

Foredesk.route = {
  worlds: [],
  text: "",

  take({ points = [], label = "" }) {
    this.worlds = points.map(([lat, lon]) => Foredesk.worldOf(lat, lon));
    this.text = label;
  },

  draw(frame) {
    if (this.worlds.length < 2) return;
    const { ctx } = frame;
    const points = this.worlds.map(frame.toScreen);
    const { palette, ground } = Foredesk.theme;
    ctx.save();
    ctx.lineJoin = ctx.lineCap = "round";
    for (const [width, color] of [[9, ground.halo], [5, palette.moving]]) {
      ctx.beginPath();
      points.forEach((p, i) => (i ? ctx.lineTo(p.x, p.y) : ctx.moveTo(p.x, p.y)));
      ctx.lineWidth = width;
      ctx.strokeStyle = color;
      ctx.stroke();
    }
    ctx.restore();
    this.points = points;
  },

  /** The travel time on a plate, half way along the part that is in view. */
  label(frame) {
    if (this.worlds.length < 2 || !this.text) return;
    const seen = this.points.filter((point) => frame.sees(point, -30));
    if (!seen.length) return;
    const { palette } = Foredesk.theme;
    const at = seen[Math.floor(seen.length / 2)];
    const font = Foredesk.font(12, 700);
    const width = Math.ceil(Foredesk.textWidth(this.text, font)) + 16;
    const sprite = Foredesk.sprite(`eta|${this.text}|${font}`, width + 6, 28, (ctx) => {
      ctx.beginPath();
      ctx.roundRect(-width / 2, -11, width, 22, 11);
      ctx.fillStyle = palette.surface;
      ctx.strokeStyle = palette.moving;
      ctx.lineWidth = 2;
      ctx.fill();
      ctx.stroke();
      ctx.font = font;
      ctx.textAlign = "center";
      ctx.textBaseline = "middle";
      ctx.fillStyle = palette.text;
      ctx.fillText(this.text, 0, 1);
    });
    Foredesk.stamp(frame.ctx, sprite, at.x, at.y);
    frame.room.take({ x0: at.x - width / 2, x1: at.x + width / 2, y0: at.y - 11, y1: at.y + 11 });
  },
};
