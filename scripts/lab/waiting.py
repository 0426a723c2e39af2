"""Waiting for a condition with a deadline, and the error if it is not met."""

import asyncio
from collections.abc import Awaitable, Callable


class LabError(Exception):
    """Failure of the lab: a part of it did not start, refused a request, or ended."""


async def until[T](check: Callable[[], Awaitable[T | None]], *, timeout_s: float, what: str, every_s: float = 0.1) -> T:
    """Evaluate ``check`` repeatedly; return its first true value. LabError after ``timeout_s``."""
    try:
        async with asyncio.timeout(timeout_s):
            while not (value := await check()):  # noqa: ASYNC110  # what is asked about is another process
                await asyncio.sleep(every_s)
            return value
    except TimeoutError:
        raise LabError(f"{what} did not happen within {timeout_s:g} s") from None
