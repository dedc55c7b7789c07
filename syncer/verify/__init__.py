"""Both desks read again, and compared with what should be: shares no code with what writes."""
