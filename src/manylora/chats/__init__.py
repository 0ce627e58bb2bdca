"""Chats as tokens, by the base model's own template."""
