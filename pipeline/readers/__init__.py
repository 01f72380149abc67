"""One Reader a family of formats, each turning the bytes of a file into text with its structure."""
