"""Desks and nothing but desks; each folder is one helpdesk product, and none knows another."""
