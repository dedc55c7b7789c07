"""The only SQL in the house; one module per table."""
