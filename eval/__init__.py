"""How good a Version answers, and whether it may replace another.

Its own modules: params, `scoring` (Cases and Answers to a Scorecard), and `noise`.
"""

__all__ = ["noise", "params", "scoring"]
