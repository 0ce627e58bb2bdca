"""A run of pytest: collecting claims, judging them and writing what was found."""
