/* Incidents: a plate with the priority's shape and the number; filled in the alarm colour while it needs an act. */
"use strict";

Foredesk.incidents = {
  stemLength: 12,
  known: new Map(),
  sides: new Map(), // incident -> which side its plate was on

  take(rows) {
    this.known.clear();
    const ids = new Set(rows.map((row) => row.id));
    for (const id of this.sides.keys()) if (!ids.has(id)) this.sides.delete(id);
    for (const row of rows) this.known.set(row.id, { ...row, world: Foredesk.worldOf(row.lat, row.lon) });
  },

  place(frame) {
    this.placed = [];
    this.plates = new Foredesk.Room();
    const urgency = (a, b) => b.selected - a.selected || b.alarm - a.alarm || a.priority - b.priority;
    const rows = [...this.known.values()].sort(urgency);
    for (const row of rows) {
      const point = frame.toScreen(row.world);
      if (!frame.sees(point, 80)) continue;
      const spot = this.spot(frame, row, point);
      this.plates.take(spot.box);
      frame.room.take(spot.box);
      this.placed.push(spot);
    }
    this.placed.reverse(); // the most urgent is drawn last, on top
  },

  /** Where no unit is hidden; else where no other plate is; else there without its number. It stays where it was if it can. */
  spot(frame, row, point) {
    const bare = frame.zoom < 11 && !row.selected && !row.alarm;
    const tries = [[bare, frame.room], [bare, this.plates], [!row.selected, this.plates]];
    for (const [short, room] of tries) {
      const spots = this.around(row, point, this.plate(row, short));
      const last = spots[this.sides.get(row.id) || 0];
      const free = [last, ...spots].find(({ box }) => room.isFree(box));
      if (!free) continue;
      this.sides.set(row.id, free.side);
      return free;
    }
    return this.around(row, point, this.plate(row, !row.selected))[0];
  },

  /** Above, below, right, left, and the upper corners. */
  around(row, point, plate) {
    const w = plate.width / 2, h = plate.height / 2;
    const away = h + this.stemLength;
    const steps = [[0, -away], [0, away], [w + this.stemLength, 0], [-w - this.stemLength, 0], [w, -away], [-w, -away]];
    return steps.map(([dx, dy], side) => {
      const x = point.x + dx, y = point.y + dy;
      return { row, plate, point, side, x, y, box: { x0: x - w - 1, x1: x + w + 1, y0: y - h - 1, y1: y + h + 1 } };
    });
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
