"""The frozen base model in memory: files, precision, memory, limits."""
