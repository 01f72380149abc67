"""Receipts of promotions: chained, signed, and checked."""

__all__ = ["chain", "check", "receipt", "signature"]
