"""The application: what of pytest and of the experiment meet in this project's own test session."""
