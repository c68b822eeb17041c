/* Colours of the ground, dark and light. What has a meaning (units, alarms) comes from the window's own palette. */
"use strict";
const Foredesk = {};

Foredesk.grounds = {
  dark: {
    land: "#14191F", zone: "#171D24", zoneDense: "#222B35", zoneEdge: "#323D49",
    water: "#0D1B29", waterEdge: "#14273A", waterText: "#5D83A6",
    green: "#14201D", builtUp: "#191F26", quiet: "#1C2026",
    building: "#1E252D", buildingEdge: "#29323C",
    casing: "#0F1318", path: "#2F3944", tunnel: "#232B34",
    service: "#262F38", residential: "#2E3842", tertiary: "#37434F", secondary: "#414F5D",
    primary: "#4C5C6C", trunk: "#566778", motorway: "#5F7285",
    streetText: "#98A5B2", majorText: "#B9C4CF", placeText: "#C9D2DB", quietText: "#7F8C99", halo: "#12171C",
    arrow: "#8796A5", grid: "#222A33", gridText: "#6E7B88",
  },
  light: {
    land: "#F1F2EF", zone: "#F4F4F1", zoneDense: "#E3E5E4", zoneEdge: "#C3C9CE",
    water: "#BFD5E5", waterEdge: "#A9C5D9", waterText: "#4C7696",
    green: "#DCE7D5", builtUp: "#EBEBE7", quiet: "#E9E6E4",
    building: "#E0DFDB", buildingEdge: "#CFCECA",
    casing: "#CBD0D5", path: "#B7BDC3", tunnel: "#E9EAEA",
    service: "#FCFCFC", residential: "#FFFFFF", tertiary: "#FFFFFF", secondary: "#FFFDF6",
    primary: "#FDF6E3", trunk: "#F9EBCB", motorway: "#F4DFB3",
    streetText: "#4F5963", majorText: "#333C45", placeText: "#2A323A", quietText: "#6B757F", halo: "#FAFAF8",
    arrow: "#8C959E", grid: "#D9DDE0", gridText: "#7A848D",
  },
};

Foredesk.theme = {
  palette: { name: "dark", text: "#E6EAEE", surface: "#15191E", accent: "#5B6B7C" },
  get ground() {
    return Foredesk.grounds[this.palette.name] || Foredesk.grounds.dark;
  },
};

/** A font at `size` pixels in the window's own family. */
Foredesk.font = (size, weight = 400) => `${weight} ${size}px ${Foredesk.theme.family || "sans-serif"}`;

/** A width that grows with zoom through [zoom, pixels] stops. */
Foredesk.byZoom = (stops) => (zoom) => {
  if (zoom <= stops[0][0]) return stops[0][1];
  for (let i = 1; i < stops.length; i++) {
    const [z0, w0] = stops[i - 1];
    const [z1, w1] = stops[i];
    if (zoom <= z1) return w0 * Math.pow(w1 / w0, (zoom - z0) / (z1 - z0));
  }
  return stops[stops.length - 1][1];
};
