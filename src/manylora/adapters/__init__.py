"""LoRA adapters: modules that have them, their weights, PEFT's files."""
