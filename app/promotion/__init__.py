"""A Version made champion, the way back, and the proof of both."""

__all__ = ["promotion", "receipts", "rollback", "verification"]
