"""Retry policy of notifications: the delays after failed deliveries, and when the fallback is used. Pure."""

# Seconds after the first, the second and all later failures.
DELAYS_S = (10.0, 60.0, 300.0)
RETRIES = len(DELAYS_S)


def retry_delay_s(attempts: int) -> float:
    """Return the seconds until the next attempt; ``attempts`` is how often the delivery failed so far."""
    return DELAYS_S[min(max(attempts, 1), RETRIES) - 1]


def is_exhausted(attempts: int) -> bool:
    """Return whether all retries failed as well, so that the fallback has to be used."""
    return attempts > RETRIES
