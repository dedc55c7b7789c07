"""The emulated desks, up and seeded."""
