"""A Verdict as people and machines read it: terminal, JSON, Markdown, JUnit XML and a page."""
