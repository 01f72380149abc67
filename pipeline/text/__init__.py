"""What any text is made of: its language and terms, its sentences, its tokens."""

__all__ = ["language", "sentences", "tokens"]
