"""Evidence values: measures by persona, leakage, dissociation."""
