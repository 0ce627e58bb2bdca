"""Mixed models, variance components and intraclass correlation."""
