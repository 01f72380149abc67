"""The stages of dvc.yaml that measure a Version; thin, and nobody imports them."""
