/* What the colours of the coverage mean, in words, in a corner of the map. */
"use strict";

Foredesk.legend = {
  box: null,

  addTo(map) {
    const control = L.control({ position: "topright" });
    control.onAdd = () => {
      this.box = L.DomUtil.create("div", "foredesk-legend");
      this.box.setAttribute("role", "note");
      this.box.hidden = true;
      L.DomEvent.disableClickPropagation(this.box);
      return this.box;
    };
    control.addTo(map);
  },

  /** `rows`: pairs of a swatch (gap, soon, count1, count2, count3, blank) and a text. */
  show(title, rows) {
    if (!this.box) return;
    this.box.hidden = !title;
    const head = document.createElement("strong");
    head.textContent = title;
    this.box.replaceChildren(head, ...rows.map(([swatch, text]) => this.row(swatch, text)));
    this.box.setAttribute("aria-label", [title, ...rows.map(([, text]) => text)].join(". "));
  },

  row(swatch, text) {
    const row = document.createElement("div");
    const mark = document.createElement("i");
    mark.className = `swatch ${swatch}`;
    const words = document.createElement("span");
    words.textContent = text;
    row.replaceChildren(mark, words);
    return row;
  },
};
