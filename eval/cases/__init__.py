"""Cases, and where their evidence stands in the Documents."""

__all__ = ["case", "case_check", "evidence", "normal_text", "span"]
