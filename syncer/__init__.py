"""Moves tickets between helpdesks: read one desk, map, write another, and remember what was done."""

__version__ = "0.1.0"
