"""Hidden states and log-probabilities of given tokens."""
