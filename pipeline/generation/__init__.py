"""A question and Passages to cited sentences, or to none."""

__all__ = ["generator", "prompt"]
