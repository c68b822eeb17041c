/* Incidents: a plate with the priority's shape and the number; filled in the alarm colour while it needs an act. */
"use strict";

(() => {
const STEM = 12;

Foredesk.incidents = {
  known: new Map(),

  take(rows) {
    this.known.clear();
    for (const row of rows) this.known.set(row.id, { ...row, world: Foredesk.worldOf(row.lat, row.lon) });
  },

  /** Plates lie over symbols: drawn by `draw` once the units have kept clear of the room taken here. */
  reserve(frame) {
    this.placed = [];
    const rows = [...this.known.values()].sort((a, b) => b.selected - a.selected || b.alarm - a.alarm || a.priority - b.priority);
    for (const row of rows) {
      const point = frame.toScreen(row.world);
      if (!frame.sees(point, 80)) continue;
      this.placed.push(this.spot(frame, row, point));
    }
    this.placed.reverse(); // what comes first above is drawn last, on top
  },

  /** Above its place, or beside or below where another plate is; without its number where no side is free. */
  spot(frame, row, point) {
    for (const bare of [false, true]) {
      const plate = this.plate(row, bare || (frame.zoom < 11 && !row.selected && !row.alarm));
      const w = plate.width / 2, h = plate.height / 2;
      const away = h + STEM;
      for (const [dx, dy] of [[0, -away], [0, away], [w + STEM, 0], [-w - STEM, 0], [w, -away], [-w, -away]]) {
        const x = point.x + dx, y = point.y + dy;
        const box = { x0: x - w - 1, x1: x + w + 1, y0: y - h - 1, y1: y + h + 1 };
        if (frame.room.claim(box)) return { row, plate, point, x, y, box };
      }
      if (row.selected) break;
    }
    const plate = this.plate(row, !row.selected);
    const y = point.y - plate.height / 2 - STEM;
    return { row, plate, point, x: point.x, y, box: { x0: point.x - 9, x1: point.x + 9, y0: y - 9, y1: y + 9 } };
  },

  draw(frame) {
    for (const { row, plate, point, x, y, box } of this.placed) {
      this.stem(frame.ctx, row, point, x, y);
      Foredesk.stamp(frame.ctx, plate.sprite, x, y);
      frame.targets.push({ kind: "incident", id: row.id, x, y, r: 8, box });
    }
  },

  colors(row) {
    const { palette } = Foredesk.theme;
    return {
      fill: row.alarm ? palette.alarm : palette.surface, ink: row.alarm ? palette.alarm_text : palette.text,
      edge: row.selected ? palette.text : row.alarm ? palette.alarm_text : palette.muted,
    };
  },

  /** From the plate to the very place, which stays free for the units that are there. */
  stem(ctx, row, point, x, y) {
    const { fill, edge } = this.colors(row);
    ctx.lineCap = "round";
    for (const [width, color] of [[4.5, edge], [2.2, fill]]) {
      ctx.beginPath();
      ctx.moveTo(x, y);
      ctx.lineTo(point.x, point.y);
      ctx.lineWidth = width;
      ctx.strokeStyle = color;
      ctx.stroke();
      ctx.beginPath();
      ctx.arc(point.x, point.y, width === 4.5 ? 4 : 2.6, 0, 2 * Math.PI);
      ctx.fillStyle = color;
      ctx.fill();
    }
  },

  plate(row, bare) {
    const text = bare ? "" : row.selected && row.detail ? `${row.label}  ${row.detail}` : row.label;
    const font = Foredesk.font(12, 700);
    const words = text ? Math.ceil(Foredesk.textWidth(text, font)) + 5 : 0;
    const width = 22 + words, height = 20;
    const key = `plate|${text}|${row.priority}|${row.alarm}|${row.selected}|${font}`;
    const sprite = Foredesk.sprite(key, width + 14, height + 14, (ctx) => this.paint(ctx, row, text, font, width, height));
    return { sprite, width, height };
  },

  paint(ctx, row, text, font, width, height) {
    const { fill, ink, edge } = this.colors(row);
    ctx.beginPath();
    ctx.roundRect(-width / 2, -height / 2, width, height, 4);
    ctx.fillStyle = fill;
    ctx.strokeStyle = edge;
    ctx.lineWidth = row.selected ? 2.4 : 1.2;
    ctx.shadowColor = "rgba(0,0,0,0.45)";
    ctx.shadowBlur = 5;
    ctx.fill();
    ctx.shadowColor = "transparent";
    ctx.stroke();
    this.badge(ctx, row.priority, -width / 2 + 11, 0, ink);
    ctx.font = font;
    ctx.textBaseline = "middle";
    ctx.fillStyle = ink;
    ctx.fillText(text, -width / 2 + 20.5, 1);
  },

  badge(ctx, priority, x, y, color) {
    Foredesk.outlineOf(Foredesk.priorityShape(priority))(ctx, x, y, priority === 4 ? 4.5 : 5.5);
    ctx.lineWidth = 1.8;
    ctx.strokeStyle = color;
    ctx.fillStyle = color;
    ctx.lineJoin = "round";
    if (priority <= 2) ctx.fill();
    ctx.stroke();
  },
};
})();
