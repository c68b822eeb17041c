/* One canvas above the ground for everything that moves or matters; painters draw on it in order, bottom first. */
"use strict";

(() => {
  /** Rectangles already taken by symbols and labels; a label that meets one is left out. */
  class Room {
    constructor() {
      this.cells = new Map();
    }

    *near(box) {
      for (let x = box.x0 >> 6; x <= box.x1 >> 6; x++) {
        for (let y = box.y0 >> 6; y <= box.y1 >> 6; y++) yield `${x}:${y}`;
      }
    }

    take(box) {
      for (const key of this.near(box)) {
        if (!this.cells.has(key)) this.cells.set(key, []);
        this.cells.get(key).push(box);
      }
    }

    isFree(box) {
      for (const key of this.near(box)) {
        for (const other of this.cells.get(key) || []) {
          if (box.x0 < other.x1 && box.x1 > other.x0 && box.y0 < other.y1 && box.y1 > other.y0) return false;
        }
      }
      return true;
    }

    /** Takes the box when it is free. */
    claim(box) {
      const free = this.isFree(box);
      if (free) this.take(box);
      return free;
    }
  }

  Foredesk.Room = Room;

  Foredesk.worldOf = (lat, lon) => {
    const sine = Math.min(Math.max(Math.sin((lat * Math.PI) / 180), -0.9999), 0.9999);
    return { x: 256 * (lon / 360 + 0.5), y: 256 * (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) };
  };

  Foredesk.Overlay = L.Layer.extend({
    initialize(painters) {
      this.painters = painters;
      this.targets = [];
      this.draws = 0;
    },

    onAdd(map) {
      this.canvas = L.DomUtil.create("canvas", "foredesk-overlay leaflet-zoom-animated", map.getPane("markerPane"));
      this.canvas.setAttribute("aria-hidden", "true");
      this.draw();
    },

    onRemove() {
      this.canvas.remove();
    },

    getEvents() {
      return { move: this.draw, resize: this.draw, viewreset: this.draw, zoomend: this.draw, zoomanim: this.follow };
    },

    /** Scales what is drawn along with the ground while a zoom is under way. */
    follow(event) {
      const scale = this._map.getZoomScale(event.zoom, this.zoom);
      const offset = this._map._latLngToNewLayerPoint(this.corner, event.zoom, event.center);
      L.DomUtil.setTransform(this.canvas, offset, scale);
    },

    /** Draws again before the next frame, however often it is asked to. */
    refresh() {
      if (this.waiting) return;
      this.waiting = true;
      requestAnimationFrame(() => {
        this.waiting = false;
        this.draw();
      });
    },

    fitCanvas(size) {
      const ratio = window.devicePixelRatio || 1;
      const width = Math.round(size.x * ratio), height = Math.round(size.y * ratio);
      if (this.canvas.width !== width || this.canvas.height !== height) {
        this.canvas.width = width;
        this.canvas.height = height;
        this.canvas.style.width = `${size.x}px`;
        this.canvas.style.height = `${size.y}px`;
      }
      const ctx = this.canvas.getContext("2d");
      ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
      ctx.clearRect(0, 0, size.x, size.y);
      return ctx;
    },

    draw() {
      const map = this._map;
      if (!map || map._animatingZoom) return;
      const size = map.getSize();
      const ctx = this.fitCanvas(size);
      L.DomUtil.setPosition(this.canvas, map.containerPointToLayerPoint([0, 0]));
      this.zoom = map.getZoom();
      this.corner = map.containerPointToLatLng([0, 0]);
      const scale = Math.pow(2, this.zoom);
      const origin = map.getPixelBounds().min;
      const frame = {
        ctx, size, zoom: this.zoom, map, room: new Room(), targets: [],
        toScreen: (world) => ({ x: world.x * scale - origin.x, y: world.y * scale - origin.y }),
        sees: (point, margin = 40) =>
          point.x > -margin && point.y > -margin && point.x < size.x + margin && point.y < size.y + margin,
      };
      for (const painter of this.painters) painter.draw(frame);
      this.targets = frame.targets;
      this.draws += 1;
    },

    /** The marker under a point of the map's box: the nearest, those on top first. */
    at(point) {
      let best = null;
      let bestDistance = Infinity;
      for (const target of this.targets) {
        const distance = Math.hypot(target.x - point.x, target.y - point.y) - target.r;
        const inside = target.box && point.x >= target.box.x0 && point.x <= target.box.x1 &&
          point.y >= target.box.y0 && point.y <= target.box.y1;
        const reach = inside ? 0 : distance;
        if (reach <= 5 && reach <= bestDistance) [best, bestDistance] = [target, reach];
      }
      return best;
    },
  });
})();
