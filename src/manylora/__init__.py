"""Train, sample and score many LoRA adapters on one frozen base model at once, as PEFT would one by one.

Knows token ids and chats; no personas, markers or stores. Names are imported when they are first used, so
that ``import manylora`` takes no time.
"""

import lazy_loader

# The public names are those of __init__.pyi.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
