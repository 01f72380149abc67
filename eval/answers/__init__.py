"""What a Version answered to Cases: asked, kept, compared."""

__all__ = ["answers", "asking", "comparison", "identity", "latency", "replies"]
