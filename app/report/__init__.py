"""A Verdict for people, pull requests and CI."""

__all__ = ["files", "making", "report", "terminal"]
