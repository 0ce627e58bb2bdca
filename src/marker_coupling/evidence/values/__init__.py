"""What the claims are judged on, as values."""
