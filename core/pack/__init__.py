"""Map packs: one file that holds a city's roads, addresses, drawing and places, built once and opened everywhere."""
