/* Degrees of latitude and longitude: what stands in for the ground where there is no map pack. */
"use strict";

Foredesk.grid = {
  shown: true,

  step(frame) {
    const degrees = (120 * 360) / (256 * Math.pow(2, frame.zoom)); // about 120 pixels
    const steps = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 45];
    return steps.find((step) => step >= degrees) || 45;
  },

  draw(frame) {
    if (!this.shown) return;
    const { ctx, map, size } = frame;
    const { ground } = Foredesk.theme;
    const bounds = map.getBounds();
    const step = this.step(frame);
    const digits = Math.max(0, Math.ceil(-Math.log10(step)));
    ctx.save();
    ctx.strokeStyle = ground.grid;
    ctx.fillStyle = ground.gridText;
    ctx.font = Foredesk.font(10);
    ctx.lineWidth = 1;
    for (let lon = Math.ceil(bounds.getWest() / step) * step; lon <= bounds.getEast(); lon += step) {
      const x = Math.round(frame.toScreen(Foredesk.worldOf(0, lon)).x) + 0.5;
      this.line(ctx, x, 0, x, size.y);
      ctx.fillText(`${Math.abs(lon).toFixed(digits)}° ${lon < 0 ? "W" : "E"}`, x + 4, size.y - 26);
    }
    const south = Math.max(-85, bounds.getSouth()), north = Math.min(85, bounds.getNorth());
    for (let lat = Math.ceil(south / step) * step; lat <= north; lat += step) {
      const y = Math.round(frame.toScreen(Foredesk.worldOf(lat, 0)).y) + 0.5;
      this.line(ctx, 0, y, size.x, y);
      ctx.fillText(`${Math.abs(lat).toFixed(digits)}° ${lat < 0 ? "S" : "N"}`, 46, y - 4);
    }
    ctx.restore();
  },

  line(ctx, x0, y0, x1, y1) {
    ctx.beginPath();
    ctx.moveTo(x0, y0);
    ctx.lineTo(x1, y1);
    ctx.stroke();
  },
};
