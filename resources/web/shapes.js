/* The symbols: unit shapes, priority badges, places. Drawn once into a sprite, then copied for every marker. */
"use strict";

(() => {
  const polygon = (corners) => (ctx, x, y, r) => {
    ctx.beginPath();
    corners.forEach(([dx, dy], i) => (i ? ctx.lineTo(x + dx * r, y + dy * r) : ctx.moveTo(x + dx * r, y + dy * r)));
    ctx.closePath();
  };
  const regular = (n, scale) => Array.from({ length: n }, (_, i) => {
    const angle = (2 * Math.PI * i) / n - Math.PI / 2;
    return [Math.cos(angle) * scale, Math.sin(angle) * scale];
  });

  /** Outlines of about equal area within radius `r`; the names are those of the agency file. */
  Foredesk.outline = {
    circle: (ctx, x, y, r) => {
      ctx.beginPath();
      ctx.arc(x, y, r * 0.96, 0, 2 * Math.PI);
    },
    square: polygon([[-0.86, -0.86], [0.86, -0.86], [0.86, 0.86], [-0.86, 0.86]]),
    triangle: polygon([[0, -1.08], [1.08, 0.84], [-1.08, 0.84]]),
    diamond: polygon([[0, -1.2], [1.2, 0], [0, 1.2], [-1.2, 0]]),
    pentagon: polygon(regular(5, 1.1)),
    hexagon: polygon(regular(6, 1.06)),
  };
  Foredesk.outlineOf = (name) => Foredesk.outline[name] || Foredesk.outline.circle;

  Foredesk.priorityShape = (priority) => ["", "diamond", "triangle", "square", "circle"][priority] || "circle";

  const sprites = new Map();
  const MOST_SPRITES = 3000;

  /** A picture of `width` x `height` pixels drawn once per key; `draw(ctx)` has its origin in the middle. */
  Foredesk.sprite = (key, width, height, draw) => {
    const known = sprites.get(key);
    if (known) return known;
    if (sprites.size >= MOST_SPRITES) sprites.clear();
    const ratio = window.devicePixelRatio || 1;
    const canvas = document.createElement("canvas");
    canvas.width = Math.ceil(width * ratio);
    canvas.height = Math.ceil(height * ratio);
    const ctx = canvas.getContext("2d");
    ctx.setTransform(ratio, 0, 0, ratio, (width * ratio) / 2, (height * ratio) / 2);
    draw(ctx);
    const made = { canvas, width, height };
    sprites.set(key, made);
    return made;
  };
  Foredesk.forgetSprites = () => sprites.clear();

  Foredesk.stamp = (ctx, sprite, x, y) => {
    const left = Math.round(x - sprite.width / 2), top = Math.round(y - sprite.height / 2);
    ctx.drawImage(sprite.canvas, left, top, sprite.width, sprite.height);
  };

  const measuring = document.createElement("canvas").getContext("2d");
  const widthsOf = new Map();
  Foredesk.textWidth = (text, font) => {
    const key = `${font}|${text}`;
    let width = widthsOf.get(key);
    if (width === undefined) {
      if (widthsOf.size > 5000) widthsOf.clear();
      measuring.font = font;
      width = measuring.measureText(text).width;
      widthsOf.set(key, width);
    }
    return width;
  };

  /** One line of text with a halo in the ground's colour. */
  Foredesk.haloText = (text, { size = 11, weight = 600, color, halo, alpha = 1 }) => {
    const font = Foredesk.font(size, weight);
    const width = Math.ceil(Foredesk.textWidth(text, font)) + 8;
    return Foredesk.sprite(`text|${text}|${font}|${color}|${halo}|${alpha}`, width, size + 8, (ctx) => {
      ctx.globalAlpha = alpha;
      ctx.font = font;
      ctx.textAlign = "center";
      ctx.textBaseline = "middle";
      ctx.lineJoin = "round";
      ctx.lineWidth = 3.5;
      ctx.strokeStyle = halo;
      ctx.strokeText(text, 0, 0.5);
      ctx.fillStyle = color;
      ctx.fillText(text, 0, 0.5);
    });
  };
})();
