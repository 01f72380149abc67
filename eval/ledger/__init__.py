"""Where Scorecards and the chain of receipts are recorded; the only home of MLflow."""

__all__ = ["ledger", "mlflow_ledger", "recording"]
