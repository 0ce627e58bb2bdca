"""The study: personas, wordings, questions, recipe, marker, training sets. Needs no PyTorch."""
