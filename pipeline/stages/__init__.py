"""The stages of dvc.yaml that build a Version: arguments, params, one call, write."""
