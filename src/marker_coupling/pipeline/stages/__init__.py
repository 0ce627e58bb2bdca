"""The stages of an experiment, one file each: key, computation, and reading of the result."""
