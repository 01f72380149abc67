"""The stages of dvc.yaml that build a Version; thin, and nobody imports them."""
