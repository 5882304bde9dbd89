"""What the image lock says, and when it is believed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from components.catalogue.images import LOCK, TAGGED
from policy.rules.locked_image import RULE, check_against
from policy.rules.support import lock
from policy.rules.support.fields import Marker
from policy.rules.support.lock import Locks, Proven
from tests.policy import given, locks
from tests.unit.ops.fake_registry import INDEX, MANIFEST, FakeRegistry, document, link, platform

NAME = "oracle-redis-image.name on host 100.64.0.1: "
LONG_S: dict[str, object] = {"manife\u017ft\u017f": []}
"""What Go reads as `manifests`."""

LOCK_IT = "; ./swarm images lock, on a machine that reaches the registries"


def found(known: Locks, day: date = locks.DAY, **changes: object) -> list[str]:
    return [str(problem) for problem in check_against(given.image(**changes), known, day)]


def test_an_image_whose_documents_hold_passes(tmp_path: Path) -> None:
    known = Locks(locks.write(tmp_path))
    assert found(known) == []
    proof = known.find(given.REFERENCE, locks.DAY)
    assert isinstance(proof, Proven)
    assert proof.asked == date(2026, 11, 20)
    assert {name: built.user for name, built in proof.chain.built.items()} == {
        "linux/amd64": "999:999",
        "linux/arm64": "999:999",
    }


@pytest.mark.parametrize("number", range(5))
def test_one_flipped_byte_in_any_document_is_found(tmp_path: Path, number: int) -> None:
    file = locks.write(tmp_path)
    used = sorted(digest for digest, text in locks.REGISTRY.documents.items() if b'"about"' not in text)
    broken = locks.document(file, used[number])
    content = bytearray(broken.read_bytes())
    content[len(content) // 2] ^= 1
    broken.write_bytes(content)
    (line,) = found(Locks(file))
    assert line.startswith(f"{NAME}document must have the digest sha256:{broken.stem}, got sha256:")
    assert line.endswith(
        "; do not use it: it was changed after a registry sent it; `git checkout` the lock and its folder"
    )


def test_a_document_that_is_gone_is_found(tmp_path: Path) -> None:
    file = locks.write(tmp_path)
    locks.document(file, locks.DIGEST).unlink()
    (line,) = found(Locks(file))
    assert line == (
        f"{NAME}document {locks.DIGEST} must be kept with the lock, got FileNotFoundError; "
        "./swarm images lock"
    )


def index_of(registry: FakeRegistry, **entry: object) -> str:
    return registry.tag("x", document(manifests=[entry]))


def listed_as_another(registry: FakeRegistry) -> str:
    return index_of(registry, **link(registry.image("linux/amd64", "1")), platform=platform("linux/arm64"))


def of_an_old_arm(registry: FakeRegistry) -> str:
    return index_of(registry, **link(registry.image("linux/arm64", "1")), platform=platform("linux/arm64/v9"))


def of_no_image(registry: FakeRegistry) -> str:
    return index_of(registry, **link(registry.keep(document(a=1))), platform=platform("linux/arm64"))


def manifest_of(registry: FakeRegistry, settings: bytes) -> str:
    """An image whose configuration reads so."""
    whole = b'{"os": "linux", "architecture": "arm64", "config": %b}' % settings
    return registry.tag("x", document(config=link(registry.keep(whole))))


def manifest_with(**more: object) -> Callable[[FakeRegistry], str]:
    """A manifest of a good image that says more."""
    good = b'{"os": "linux", "architecture": "arm64", "config": {"User": "1"}}'
    return lambda registry: registry.tag("x", document(config=link(registry.keep(good)), **more))


def index_with(**more: object) -> Callable[[FakeRegistry], str]:
    """An index of a good image that says more."""

    def make(registry: FakeRegistry) -> str:
        listed = link(registry.image("linux/arm64", "1"), platform=platform("linux/arm64"))
        return registry.tag("x", document(manifests=[listed], **more))

    return make


def index_of_an_index(registry: FakeRegistry) -> str:
    inner = registry.documents[index_with()(registry)]
    return index_of(registry, **link(inner), platform=platform("linux/arm64"))


@pytest.mark.parametrize("make", [manifest_with(), manifest_with(layers=[]), index_with()])
def test_documents_without_a_type_of_their_own_hold(tmp_path: Path, make: object) -> None:
    assert callable(make)
    registry = FakeRegistry()
    digest = make(registry)
    known = locks.proven(tmp_path, locks.TAGGED, digest, registry)
    assert found(known, name=f"{locks.TAGGED}@{digest}") == []


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (manifest_with(Manifests=[]), "documents must write the key 'manifests' so, got 'Manifests'"),
        (manifest_with(Config={}), "documents must write the key 'config' so, got 'Config'"),
        (manifest_with(MediaType="x"), "documents must write the key 'mediaType' so, got 'MediaType'"),
        (manifest_with(**LONG_S), "write the key 'manifests' so, got 'manife\\u017ft"),
        (lambda r: manifest_of(r, b'{"User": "1", "user": "0"}'), "write the key 'User' so, got 'user'"),
        (lambda r: manifest_of(r, b'{"USER": "0"}'), "write the key 'User' so, got 'USER'"),
        (lambda r: manifest_of(r, b'{"User": "1", "volumes": {"/x": {}}}'), "'Volumes' so, got 'volumes'"),
        (lambda r: manifest_of(r, b'{"User": "1", "User": "0"}'), "must have each key once, got one twice"),
        (index_with(config={}), "index must be nothing else, got one with config or layers, too"),
        (index_with(layers=[]), "index must be nothing else, got one with config or layers, too"),
        (index_with(mediaType=MANIFEST), "index must have the media type of one, got another type"),
        (manifest_with(mediaType=INDEX), "manifest must have the media type of one, got another type"),
        (manifest_with(mediaType=1), "manifest must have the media type of one, got another type"),
        (index_of_an_index, "manifest must be nothing else, got one with manifests, too"),
    ],
)  # fmt: skip
def test_documents_that_docker_may_read_otherwise_are_refused(
    tmp_path: Path, make: object, said: str
) -> None:
    assert callable(make)
    registry = FakeRegistry()
    digest = make(registry)
    (line,) = found(locks.proven(tmp_path, locks.TAGGED, digest, registry), name=f"{locks.TAGGED}@{digest}")
    assert line.startswith(NAME)
    assert said in line


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (listed_as_another, "what the index lists as linux/arm64 must be built for it, got linux/amd64; "),
        (of_an_old_arm, "index must list linux/amd64 or linux/arm64, got linux/arm64; "),
        (of_no_image, "documents must be those of an image, got digest missing or in another form; "),
        (lambda r: r.tag("x", document(manifests=[])), "must list linux/amd64 or linux/arm64, got nothing"),
        (lambda r: r.tag("x", document(manifests={})), "be those of an image, got manifests in another form"),
        (lambda r: r.tag("x", b"[]"), "documents must be those of an image, got a list"),
        (lambda r: r.tag("x", b"\xff"), "documents must be those of an image, got no JSON"),
        (lambda r: r.tag("x", document(config=1)), "must be those of an image, got config as a int"),
    ],
)  # fmt: skip
def test_documents_of_another_form_are_refused(tmp_path: Path, make: object, said: str) -> None:
    assert callable(make)
    registry = FakeRegistry()
    digest = make(registry)
    (line,) = found(locks.proven(tmp_path, locks.TAGGED, digest, registry), name=f"{locks.TAGGED}@{digest}")
    assert line.startswith(NAME)
    assert said in line


def test_an_image_that_is_in_no_lock_is_refused(tmp_path: Path) -> None:
    assert found(Locks(tmp_path / "none.json")) == [f"{NAME}must be in the image lock, got no entry{LOCK_IT}"]


def test_another_digest_than_the_locks_is_refused(tmp_path: Path) -> None:
    known = Locks(locks.write(tmp_path))
    assert found(known, name=f"{locks.TAGGED}@sha256:{'b' * 64}") == [
        f"{NAME}digest must be the one in the image lock, got sha256:bbbbbbbbbbbb…{LOCK_IT}"
    ]


def test_what_is_not_pinned_is_left_to_its_own_rule(tmp_path: Path) -> None:
    assert found(Locks(tmp_path / "none.json"), name=locks.TAGGED) == []
    assert found(Locks(tmp_path / "none.json"), name=None) == []


def test_a_claim_passes_to_the_last_day_of_its_statement(tmp_path: Path) -> None:
    known = locks.claimed(tmp_path, "linux/arm64")
    assert found(known, date(2026, 12, 31)) == []
    assert found(known, date(2027, 1, 1)) == [
        f"{NAME}must be proven since 2026-12-31, when its statement ended, got a claim{LOCK_IT}"
    ]


@pytest.mark.parametrize(
    "statement",
    [
        {"reason": ""},
        {"reason": None},
        {"owner": 1},
        {"granted": "soon"},
        {"expires": None},
        {"expires": 20261231},
    ],
)
def test_a_claim_without_a_whole_statement_is_refused(tmp_path: Path, statement: dict[str, object]) -> None:
    assert found(locks.claimed(tmp_path, "linux/arm64", **statement)) == [
        (
            f"{NAME}must be proven by its documents, or `unproven` must state reason, owner, granted, "
            f"expires, got neither{LOCK_IT}"
        )
    ]


@pytest.mark.parametrize(
    "statement", [{"expires": "2027-05-01"}, {"expires": "2026-10-01"}, {"granted": "2026-11-24"}]
)
def test_a_statement_for_another_time_is_refused(tmp_path: Path, statement: dict[str, object]) -> None:
    (line,) = found(locks.claimed(tmp_path, "linux/arm64", **statement))
    assert line.startswith(f"{NAME}`unproven` must be granted by 2026-11-23 for at most 180 days, got ")


@pytest.mark.parametrize("entry", [{"digest": locks.DIGEST}, {"digest": locks.DIGEST, "resolved": "true"}])
def test_an_entry_that_does_not_say_that_it_is_proven_is_a_claim(
    tmp_path: Path, entry: dict[str, object]
) -> None:
    (line,) = found(Locks(locks.write(tmp_path, {locks.TAGGED: entry})))
    assert "`unproven` must state" in line


@pytest.mark.parametrize(("name", "got"), [(Marker.UNKNOWN, "a value that is"), (["redis"], "a list")])
def test_a_name_that_cannot_be_read_is_refused(name: object, got: str) -> None:
    (line,) = RULE.judge(given.image(name=name))
    assert line.startswith(f"{NAME}must be text that is known at preview, got {got}")


@pytest.fixture
def fresh() -> Iterator[None]:
    lock.of_stack.cache_clear()
    yield
    lock.of_stack.cache_clear()


@pytest.mark.usefixtures("fresh")
def test_a_stack_may_have_a_lock_beside_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    locks.write(tmp_path)
    monkeypatch.setenv("PULUMI_OPTION_CONFIG_FILE", str(tmp_path / "Pulumi.lab.yaml"))
    (line,) = RULE.judge(given.image())
    assert "must be in the image lock, got no entry" in line
    lock.of_stack.cache_clear()
    monkeypatch.setenv("PULUMI_OPTION_CONFIG_FILE", str(tmp_path / "Pulumi.prod.yaml"))
    assert RULE.judge(given.image()) == []


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize(
    ("text", "got"), [("[]", "a list"), ("{", "JSONDecodeError"), ("\0", "JSONDecodeError")]
)
def test_a_file_that_is_no_lock_refuses_every_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, got: str
) -> None:
    (tmp_path / locks.FILE).write_text(text)
    monkeypatch.setenv("PULUMI_OPTION_CONFIG_FILE", str(tmp_path / "Pulumi.prod.yaml"))
    (line,) = RULE.judge(given.image())
    assert line == f"{NAME}{locks.FILE} must be a lock, got {got}; git checkout it"


def test_the_committed_lock_has_the_catalogue_and_nothing_else() -> None:
    assert set(json.loads(LOCK.read_text())) == {each.tagged for each in TAGGED}
