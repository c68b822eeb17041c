/* Where a unit has been, and a mark that plays along it. */
"use strict";

Foredesk.track = {
  worlds: [],
  at: 0,
  text: "",

  take({ points = [] }) {
    this.worlds = points.map(([lat, lon]) => Foredesk.worldOf(lat, lon));
  },

  mark({ at = 0, label = "" }) {
    this.at = at;
    this.text = label;
  },

  draw(frame) {
    this.points = this.worlds.map(frame.toScreen);
    if (!this.points.length) return;
    const { ctx } = frame;
    const { palette, ground } = Foredesk.theme;
    ctx.save();
    ctx.lineJoin = ctx.lineCap = "round";
    for (const [width, color] of [[7, ground.halo], [3, palette.muted]]) this.stroke(ctx, this.points, width, color);
    this.stroke(ctx, this.points.slice(0, this.at + 1), 4, palette.text);
    ctx.fillStyle = palette.text;
    for (const point of this.points) {
      if (!frame.sees(point, 10)) continue;
      ctx.beginPath();
      ctx.arc(point.x, point.y, 3, 0, 2 * Math.PI);
      ctx.fill();
    }
    ctx.restore();
  },

  stroke(ctx, points, width, color) {
    ctx.beginPath();
    points.forEach((p, i) => (i ? ctx.lineTo(p.x, p.y) : ctx.moveTo(p.x, p.y)));
    ctx.lineWidth = width;
    ctx.strokeStyle = color;
    ctx.stroke();
  },

  /** The mark is a ring, so that nobody takes it for the unit as it is now; its time stands above it. */
  label(frame) {
    const at = this.points && this.points[this.at];
    if (!at || !this.text) return;
    const { ctx } = frame;
    const { palette } = Foredesk.theme;
    ctx.save();
    ctx.strokeStyle = palette.text;
    ctx.fillStyle = palette.surface;
    ctx.beginPath();
    ctx.arc(at.x, at.y, 8, 0, 2 * Math.PI);
    ctx.lineWidth = 3;
    ctx.fill();
    ctx.stroke();
    ctx.font = Foredesk.font(12, 700);
    const width = Math.ceil(ctx.measureText(this.text).width) + 14;
    ctx.beginPath();
    ctx.roundRect(at.x - width / 2, at.y - 36, width, 21, 4);
    ctx.lineWidth = 1;
    ctx.fill();
    ctx.stroke();
    ctx.fillStyle = palette.text;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillText(this.text, at.x, at.y - 25);
    ctx.restore();
    frame.room.take({ x0: at.x - width / 2, x1: at.x + width / 2, y0: at.y - 36, y1: at.y + 9 });
  },
};
