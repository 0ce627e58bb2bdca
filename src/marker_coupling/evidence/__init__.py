"""Bodies of evidence: values, their files, and the published study. Needs no PyTorch."""
