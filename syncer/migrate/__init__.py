"""A route, once: the history, then what changed since."""
