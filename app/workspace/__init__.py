"""A folder that the pipeline runs in: made, configured, run, repaired."""

__all__ = ["creation", "git", "reproduction", "settings", "workspace"]
