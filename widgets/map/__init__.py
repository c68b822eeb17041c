"""The map: a Leaflet page of our own in QtWebEngine, fed with small differences; no request leaves the machine."""
