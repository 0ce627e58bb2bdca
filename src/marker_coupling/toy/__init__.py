"""The toy world and the model that lives in it."""
