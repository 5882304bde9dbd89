"""What the research service keeps, reads and searches."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from research import documents
from research.search import NoSearch, SearchError, brave
from research.store import DONE, FAILED, RUNNING, Report, Store


def begin(store: Store, question: str = "Why?") -> Report:
    return store.begin(question=question, report_type="research_report", report_source="web")


def test_a_report_is_found_again_with_its_answer(tmp_path: Path) -> None:
    report = begin(Store(tmp_path))
    assert (report["status"], Store(tmp_path).get(report["id"])) == (RUNNING, report)

    Store(tmp_path).finish(report, answer="Because.", sources=["a.txt"])

    found = Store(tmp_path).get(report["id"])
    assert found is not None
    assert (found["status"], found["answer"], found["sources"]) == (DONE, "Because.", ["a.txt"])
    assert [each["id"] for each in Store(tmp_path).all()] == [report["id"]]


def test_what_a_stopped_service_left_is_not_running_for_ever(tmp_path: Path) -> None:
    store = Store(tmp_path)
    done, left = store.finish(begin(store), answer="x", sources=[]), begin(store)

    Store(tmp_path).give_up_unfinished()

    found = {each["id"]: each for each in store.all()}
    assert found[left["id"]]["status"] == FAILED
    assert "stopped" in found[left["id"]]["error"]
    assert found[done["id"]] == done


def test_a_report_can_be_forgotten_once(tmp_path: Path) -> None:
    store = Store(tmp_path)
    report = begin(store)
    assert [store.remove(report["id"]), store.remove(report["id"])] == [True, False]


@pytest.mark.parametrize("name", ["../secret", "task_1_../../x", "", "task_1_0123456789.part"])
def test_a_name_never_leads_out_of_the_folder(name: str, tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text("{}")
    (tmp_path / "outputs").mkdir()
    assert Store(tmp_path / "outputs").get(name) is None


@pytest.mark.parametrize("name", ["a.txt", "Über uns (2).md", "x-1.PDF"])
def test_documents_that_can_be_read(name: str) -> None:
    assert documents.is_name(name)


@pytest.mark.parametrize(
    "name", ["../a.txt", "/etc/a.txt", ".a.txt", "a.docx", "a", "a/b.txt", "a\n.txt", ""]
)
def test_documents_that_are_refused(name: str) -> None:
    assert not documents.is_name(name)


def test_texts_are_read_and_empty_ones_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"caf\xe9")
    (tmp_path / "b.md").write_text("  \n")
    (tmp_path / "c.docx").write_text("not for us")

    assert documents.read_all(tmp_path) == {"a.txt": "caf\N{REPLACEMENT CHARACTER}"}


def client(status: int, body: object, asked: list[httpx.Request]) -> httpx.Client:
    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(status, json=body)

    return httpx.Client(transport=httpx.MockTransport(answer))


def test_brave_is_asked_with_the_key_and_gives_pages_that_are_still_opened() -> None:
    asked: list[httpx.Request] = []
    results = [{"url": "https://a.example", "title": "A", "description": "x" * 300}, {"title": "no address"}]
    retriever = brave("k-1", client(200, {"web": {"results": results}}, asked))

    hits = retriever("taverns", query_domains=["a.example"]).search(max_results=50)

    assert retriever.__name__ == "BraveSearch"
    assert asked[0].headers["x-subscription-token"] == "k-1"
    assert dict(asked[0].url.params) == {"q": "taverns (site:a.example)", "count": "20"}
    assert [(hit["href"], len(hit["body"])) for hit in hits] == [("https://a.example", 100)]


@pytest.mark.parametrize(("status", "body"), [(401, {}), (429, {})])
def test_a_refusal_of_brave_is_told_without_what_was_asked(status: int, body: object) -> None:
    retriever = brave("k-1", client(status, body, []))

    with pytest.raises(SearchError, match=f"got status {status}") as caught:
        retriever("private words").search()
    assert "private" not in str(caught.value)


def test_nothing_is_found_without_a_search() -> None:
    assert NoSearch("x", query_domains=[]).search(max_results=5) == []
