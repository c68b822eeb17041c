"""What events do to one incident and to one unit: strands that are folded each from its own events alone.

The incident's part and the unit's part of an event never need each other, so that either can be folded anew when an
event arrives late. Where both decide the same thing, they decide it by the same rule (`informed`).
"""
