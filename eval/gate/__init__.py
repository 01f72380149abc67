"""May a candidate replace its baseline: rules, pairs, inference, Verdict; how often that errs."""

__all__ = ["calibration", "effort", "gate", "verdict"]
