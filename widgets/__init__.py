"""What people see: Qt, the Leaflet map and charts. Knows core and resources, nothing else of the house."""
