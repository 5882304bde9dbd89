"""GPT Researcher as this service runs it: which models, which search, and what is left out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from research.search import BraveSearch, NoSearch

ReportType = Literal["research_report", "resource_report", "outline_report", "custom_report"]
REPORT_TYPES: Final = ("research_report", "resource_report", "outline_report", "custom_report")
"""The others start researchers of their own, which would search as upstream does, past our search."""

TONES: Final = (
    "Objective", "Formal", "Analytical", "Persuasive", "Informative", "Explanatory", "Descriptive",
    "Critical", "Comparative", "Speculative", "Reflective", "Narrative", "Humorous", "Optimistic",
    "Pessimistic", "Simple", "Casual",
)  # fmt: skip
_MOST_SECONDS: Final = 1800
_NOTHING: Final = (
    "nothing was found that the report could be written from; texts beyond 8000 characters are searched by"
    " vectors, for which the gateway must have a model"
)


class ResearchError(Exception):
    """There is no report; the text says why, and people read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a report is asked for.

    Attributes:
        documents: Texts by name, to look into instead of the web; None searches the web.
        search: The retriever for the web.
    """

    task: str
    report_type: str
    tone: str
    documents: Mapping[str, str] | None
    search: type[BraveSearch | NoSearch]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A report in Markdown, and where it comes from."""

    text: str
    sources: list[str]


async def research(question: Question) -> Answer:
    """Write a report, in a thread with an event loop of its own.

    GPT Researcher blocks its loop while it searches and reads pages; the service's own goes on meanwhile.

    Raises:
        ResearchError: Nothing was found, a service behind it failed, or it took half an hour.
    """
    return await asyncio.to_thread(asyncio.run, _bounded(question))


async def _bounded(question: Question) -> Answer:
    try:
        return await asyncio.wait_for(_research(question), _MOST_SECONDS)
    except ResearchError:
        raise
    except TimeoutError as error:
        raise ResearchError(f"the report must be done within {_MOST_SECONDS} seconds") from error
    except Exception as error:  # whatever the library raises becomes the report's failure
        logging.exception("research failed")
        raise ResearchError(f"{type(error).__name__}: {error}") from error


async def _research(question: Question) -> Answer:
    researcher = _researcher(question)
    context = await researcher.conduct_research()
    if not context:
        raise ResearchError(_NOTHING)
    text = await researcher.write_report()
    sources = sorted(question.documents) if question.documents is not None else researcher.get_source_urls()
    return Answer(text=str(text), sources=[str(source) for source in sources])


def _researcher(question: Question) -> Any:  # noqa: ANN401 (the library has no types)
    from gpt_researcher import GPTResearcher  # noqa: PLC0415 (seconds, and 100 MB that only a report needs)
    from gpt_researcher.utils.enum import Tone  # noqa: PLC0415 (as above)
    from langchain_core.documents import Document  # noqa: PLC0415 (as above)

    local = question.documents is not None
    researcher = GPTResearcher(
        query=question.task,
        report_type=question.report_type,
        report_source="langchain_documents" if local else "web",
        tone=Tone[question.tone],
        documents=[
            Document(page_content=text, metadata={"title": name, "source": name})
            for name, text in (question.documents or {}).items()
        ],
        verbose=False,
    )
    researcher.retrievers = [question.search]
    # Costs would be counted with a tokenizer that is downloaded, at prices of models that are not ours.
    researcher.add_costs = None
    _plan_with_care(researcher.research_conductor)
    return researcher


def _plan_with_care(conductor: Any) -> None:  # noqa: ANN401 (as above)
    """Do without further questions where the model gives no list of them; small models often do not."""
    plan = conductor.plan_research

    async def planned(query: str, query_domains: list[str] | None = None) -> list[str]:
        questions = await plan(query, query_domains)
        if not isinstance(questions, list):
            return []
        return [each for each in questions if isinstance(each, str)]

    conductor.plan_research = planned
