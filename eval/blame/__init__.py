"""What two Versions differ in, and the stage at which a Case was lost."""

__all__ = ["blame", "index_difference", "remeasurement", "version_mix"]
