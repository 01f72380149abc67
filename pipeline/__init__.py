"""Documents to a Version, and a Version's answers: what every room builds on.

Its own modules are the vocabulary that all packages use, and the crown: `answerer`.
"""

__all__ = ["answer", "answerer", "engine", "errors", "files", "params", "process", "tables"]
