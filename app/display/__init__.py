"""What people read, in terminal and browser alike: Answers, Scorecards, reports of ingest."""

__all__ = ["answers", "ingest_report", "scorecards"]
