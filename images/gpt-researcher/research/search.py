"""Web search as GPT Researcher's retrievers do it. Its package has none for Brave, so here is one."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import ClassVar, Final, TypedDict

import httpx

_URL: Final = "https://api.search.brave.com/res/v1/web/search"
_MOST: Final = 20
"""The most results that the service gives in one answer (its reference, parameter `count`)."""

_SECONDS: Final = 20
_SNIPPET: Final = 100
"""GPT Researcher takes a longer body for the whole page and then never opens the page itself
(skills/researcher.py, `_search_relevant_source_urls`)."""


class Hit(TypedDict):
    """One result, in the words of GPT Researcher's retrievers."""

    href: str
    title: str
    body: str


class SearchError(Exception):
    """The search service refused or did not answer."""


class NoSearch:
    """Finds nothing: for reports over documents alone, which GPT Researcher begins with a search too."""

    def __init__(self, query: str, query_domains: Sequence[str] | None = None) -> None:
        """Take what every retriever takes."""

    def search(self, max_results: int = 0) -> list[Hit]:
        """Return no results."""
        return [][:max_results]


class BraveSearch:
    """Brave's search, for one query; a subclass from `brave` holds the key."""

    key: ClassVar[str] = ""
    client: ClassVar[httpx.Client | None] = None

    def __init__(self, query: str, query_domains: Sequence[str] | None = None) -> None:
        sites = " OR ".join(f"site:{domain}" for domain in query_domains or ())
        self._query = f"{query} ({sites})" if sites else query

    def search(self, max_results: int = 7) -> list[Hit]:
        """Ask for at most `max_results` pages.

        Raises:
            SearchError: Brave refused, for instance the key or the rate, or did not answer.
        """
        client = self.client or httpx.Client(timeout=_SECONDS)
        try:
            answer = client.get(
                _URL,
                params={"q": self._query, "count": min(max_results, _MOST)},
                headers={"accept": "application/json", "x-subscription-token": self.key},
            )
            answer.raise_for_status()
            results = answer.json().get("web", {}).get("results", [])
        except (httpx.HTTPError, ValueError) as error:
            logging.warning("Brave search: %s", type(error).__name__)
            raise SearchError(f"Brave search: must answer with results, got {_short(error)}") from error
        return [
            Hit(href=each["url"], title=each.get("title", ""), body=each.get("description", "")[:_SNIPPET])
            for each in results[:max_results]
            if "url" in each
        ]


def brave(key: str, client: httpx.Client | None = None) -> type[BraveSearch]:
    """The retriever that uses this key; GPT Researcher makes an object of it for each query."""
    return type("BraveSearch", (BraveSearch,), {"key": key, "client": client})


def _short(error: Exception) -> str:
    """What went wrong, without the address that holds people's words."""
    if isinstance(error, httpx.HTTPStatusError):
        return f"status {error.response.status_code}"
    return type(error).__name__
