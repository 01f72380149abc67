"""One Reader for each family of formats: bytes to a text with its structure."""

__all__ = ["formats"]
