"""Two sides chosen, measured, judged and explained."""

__all__ = ["sides", "trial"]
