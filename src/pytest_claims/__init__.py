"""Scientific claims as pytest tests: a claim, its evidence, a rule, a verdict, and a ledger of them all.

Rooms, each of which knows only those before it: ``core`` holds the values, ``statistics`` makes estimates,
``rules`` decide on them, ``judging`` joins a claim with its evidence, ``junit`` writes and reads the report,
``ledger`` holds the judgements in it, ``rendering`` prints them, and ``running`` ties all to a run of pytest.
"""

import lazy_loader

# The public names are those of __init__.pyi, each imported on first use: every run of pytest imports this
# package, and rules need SciPy.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
