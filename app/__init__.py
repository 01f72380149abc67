"""Command line, workbench and serving: where people and programs meet Winnow."""
