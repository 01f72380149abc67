"""A folder that the pipeline runs in: made, configured, run, repaired."""

__all__ = ["committed_lock", "creation", "git", "reproduction", "settings", "workspace"]
