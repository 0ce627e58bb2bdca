"""The study: personas, wordings, questions, recipe, marker, training sets. Needs no PyTorch."""

from marker_coupling.moved import names_of

__getattr__ = names_of(__name__, ["marker_coupling.study.study"])
