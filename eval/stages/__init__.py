"""The stages of dvc.yaml that measure a Version: arguments, params, one call, write."""
