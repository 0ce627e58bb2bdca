"""Training of many adapters at once."""
