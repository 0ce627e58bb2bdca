from __future__ import annotations

from hypothesis import settings

# How long an example takes says something of the machine, not of the code.
settings.register_profile("untimed", deadline=None, max_examples=50, print_blob=True)
settings.load_profile("untimed")
