"""Scores of one Case and the Scorecard of a Version: metrics, summaries, intervals."""

__all__ = ["case_score", "metrics", "scorecard", "summary"]
