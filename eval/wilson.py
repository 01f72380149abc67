"""Wilson's interval: how far a share that was counted may be from the true one."""

import math
from dataclasses import dataclass
from statistics import NormalDist


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many, with the interval of the share."""

    count: int
    total: int
    rate: float
    low: float
    high: float


def share_of(count: int, total: int, confidence: float = 0.95) -> Share:
    """Return a share with its score interval (Wilson, 1927).

    Raises:
        ValueError: `total` is not above 0, or `count` lies outside 0..total.
    """
    if not 0 <= count <= total or total == 0:
        raise ValueError(f"{count} of {total} is no share")
    z = NormalDist().inv_cdf(0.5 + confidence / 2.0)
    rate, weight = count / total, z * z / total
    centre = (rate + weight / 2.0) / (1.0 + weight)
    half = z * math.sqrt(rate * (1.0 - rate) / total + weight / (4.0 * total)) / (1.0 + weight)
    low = 0.0 if count == 0 else centre - half
    high = 1.0 if count == total else centre + half
    return Share(count, total, rate, low, high)
