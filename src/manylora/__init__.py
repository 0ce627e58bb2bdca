"""Train and sample many LoRA adapters on one frozen base model at once, as PEFT would one by one.

Knows token ids and chats; no personas, markers or stores.
"""
