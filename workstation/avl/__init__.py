"""Puts radios and receivers on the desk: ports, decoders, the mapping to units, and the commands for trying them."""
