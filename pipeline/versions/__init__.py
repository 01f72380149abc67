"""A Version: its manifest, packed, opened, kept in DVC's cache, fetched from a remote."""

__all__ = ["fetch", "manifest", "packaging", "remote", "store", "version"]
