"""What several benchmarks use."""

from ..chromium import chromium

__all__ = ["chromium"]
