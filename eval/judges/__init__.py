"""Judges of answers: words and vectors, RAGAS, a language model."""

__all__ = ["judge", "judge_panel", "model_judge", "ragas_judge", "text_judge"]
