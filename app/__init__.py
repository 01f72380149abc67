"""What people meet: the command line, the workbench, and what both put together.

Its own modules: `main`, `library` (a workspace's Versions, opened), `diagnosis`.
"""

__all__ = ["diagnosis", "library"]
