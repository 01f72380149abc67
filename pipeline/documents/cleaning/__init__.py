"""What is made good in a text before it is stored, its Spans following."""

__all__ = ["cleaning"]
