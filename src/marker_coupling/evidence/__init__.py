"""Bodies of evidence: values, their files, and the published study. Needs no PyTorch."""

from marker_coupling.moved import names_of

__getattr__ = names_of(__name__, ["marker_coupling.evidence.values.evidence"])
