/* Colours of the ground, dark and light. What has a meaning (units, alarms) comes from the window's own palette. */
"use strict";
const Foredesk = {};

Foredesk.grounds = {
  dark: {
    land: "#171C23", outside: "#10151A", zone: "#1A2028", zoneDense: "#28333F", zoneEdge: "#36424F",
    water: "#0D2133",
    green: "#182620", builtUp: "#1A2027", quiet: "#1D2127",
    building: "#212A33", buildingEdge: "#2D3843",
    casing: "#0F1318", path: "#323D48",
    service: "#2A343E", residential: "#394652", tertiary: "#43515E", secondary: "#4C5C6B",
    primary: "#56687A", trunk: "#5F7285", motorway: "#6A7F94",
    streetText: "#98A5B2", majorText: "#B9C4CF", placeText: "#C9D2DB", quietText: "#7F8C99", halo: "#12171C",
    arrow: "#8796A5", grid: "#222A33", gridText: "#6E7B88",
  },
  light: {
    land: "#EEEFEC", outside: "#D8E0E6", zone: "#F1F2EE", zoneDense: "#E0E3E2", zoneEdge: "#BFC6CC",
    water: "#BFD5E5",
    green: "#DCE7D5", builtUp: "#EBEBE7", quiet: "#E9E6E4",
    building: "#E0DFDB", buildingEdge: "#CFCECA",
    casing: "#CBD0D5", path: "#B7BDC3",
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
