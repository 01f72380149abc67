"""Judges of answers: words and vectors, RAGAS, a language model."""

__all__ = ["judge", "model_judge", "panel", "ragas_judge", "text_judge"]
