"""The merge: events of many desks in one order, verified, folded so that every desk has the same board. Pure."""
