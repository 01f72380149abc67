"""DVC's cache and remotes: what is there, what must stay, what may go."""

__all__ = ["collection", "garbage", "inventory", "remote", "version_objects"]
