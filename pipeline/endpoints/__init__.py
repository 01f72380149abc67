"""Every call to a model's endpoint: stored, limited, priced, retried."""

__all__ = ["clients", "endpoint", "endpoints", "price", "waiting"]
