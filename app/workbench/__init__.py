"""The page on which people compare Versions; the only home of Gradio."""

__all__ = ["server"]
