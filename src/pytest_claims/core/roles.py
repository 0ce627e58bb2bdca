"""Roles of bodies of evidence that belong together: all of it at once, or a part."""

from __future__ import annotations

POOLED, MEMBER = "pooled", "member"
ROLES = (POOLED, MEMBER)
