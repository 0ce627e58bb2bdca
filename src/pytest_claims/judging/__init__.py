"""One claim on one body of evidence: its marker, its evidence and its judgement."""
