"""One direction, one story: extract, map, plan, load."""
