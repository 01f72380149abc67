"""Documents to Chunks, and Chunks as a table."""

__all__ = ["chunk", "chunker"]
