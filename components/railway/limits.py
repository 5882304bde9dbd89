"""How long Railway asks to wait."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

_EPOCH = 1e9
"""A larger number is a point in time and not a duration; in seconds."""


def retry_after(headers: httpx.Headers) -> float | None:
    """Seconds that an answer 429 asks for; None where it says nothing, as Railway's edge does."""
    text = headers.get("retry-after", "")
    try:
        return max(0.0, float(text))
    except ValueError:
        return None


def used_up_until(headers: httpx.Headers, now: float) -> float | None:
    """The time (Unix, in seconds) before which the next request would be refused; None if it would not be.

    The documents give `X-RateLimit-Reset` as a time without saying in which form.
    """
    if headers.get("x-ratelimit-remaining", "").strip() != "0":
        return None
    text = headers.get("x-ratelimit-reset", "").strip()
    try:
        number = float(text)
    except ValueError:
        moment = _moment(text)
        return moment.timestamp() if moment else None
    return number if number > _EPOCH else now + number


def _moment(text: str) -> datetime | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(text)
        except (TypeError, ValueError):
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None
