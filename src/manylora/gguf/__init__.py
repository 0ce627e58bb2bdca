"""Base models from GGUF files: read guarded, checked, converted to safetensors."""
