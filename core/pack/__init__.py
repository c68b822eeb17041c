"""Map packs: one file that holds a city's roads, addresses, drawing and places, built once and opened everywhere."""

from core.pack.pack import MapPack, open_pack

__all__ = ["MapPack", "open_pack"]
