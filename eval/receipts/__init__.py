"""Receipts of promotions: chained, signed, checked, and what a Verdict allows."""

__all__ = ["chain", "check", "promotion_rule", "receipt", "signature"]
