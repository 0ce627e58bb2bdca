"""The plan of an experiment: its base model, the keys of results, and the way to find or compute them."""
