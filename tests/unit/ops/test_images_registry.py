"""What registries answer, and what the operator reads when they do not answer as they should."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from components.model.problems import Problem
from ops.images import lock as locking
from ops.images.chain import Chain
from ops.images.lock import Wanted
from ops.images.names import locate, parse_registries
from ops.images.registry import Registry
from tests.unit.ops.fake_registry import BOTH, FakeRegistry, document, link, platform

TAGGED = "registry.test/team/program:1.0"
NAME = "team/program:1.0"
SHOWN = f"{TAGGED}: registry.test must show it to anybody, got status"
PRIVATE = f"{SHOWN} 401 for manifests/1.0"
BUSY = f"{TAGGED}: registry.test must answer, got status 429 for manifests/1.0"


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> FakeRegistry:
    """The registry that all of the world's addresses lead to."""
    fake = FakeRegistry()
    monkeypatch.setattr(locking, "Registry", lambda address: Registry(address, transport=fake.transport()))
    return fake


def outcome(*needed: str) -> Chain | Problem:
    """Ask for the image, for services on these platforms."""
    needs = dict.fromkeys(needed, ("node-service",))
    (found,) = locking.ask([Wanted(name="program", tagged=TAGGED, needs=needs)], {})
    answer = found.chain or found.problem
    assert answer is not None
    return answer


def asked() -> Chain:
    found = outcome()
    assert isinstance(found, Chain), str(found)
    return found


def refused(*needed: str) -> str:
    found = outcome(*needed)
    assert isinstance(found, Problem), "must be refused"
    return str(found)


@pytest.mark.parametrize(
    ("tagged", "host", "repository", "tag"),
    [
        ("postgres:17", "docker.io", "library/postgres", "17"),
        ("grafana/grafana:13.2.3", "docker.io", "grafana/grafana", "13.2.3"),
        ("ghcr.io/berriai/litellm-non_root:v1", "ghcr.io", "berriai/litellm-non_root", "v1"),
        ("198.18.0.10:5000/aiswarm/redis:1", "198.18.0.10:5000", "aiswarm/redis", "1"),
        ("localhost/x:2", "localhost", "x", "2"),
    ],
)
def test_a_name_is_read_as_docker_reads_it(tagged: str, host: str, repository: str, tag: str) -> None:
    found = locate(tagged)

    assert (found.host, found.repository, found.tag) == (host, repository, tag)


def test_the_chain_of_an_index_names_every_link(registry: FakeRegistry) -> None:
    digest = registry.index(NAME, {"linux/amd64": "999:999", "linux/arm64/v8": "", "linux/s390x": "7"})

    found = asked()

    assert found.digest == digest
    assert {name: built.user for name, built in found.platforms.items()} == {
        "linux/amd64": "999:999",
        "linux/arm64": "",
    }
    assert found.documents == {key: registry.documents[key] for key in found.documents}
    assert len(found.documents) == 5, "index, two manifests, two configurations; no attestation"


def test_an_image_without_index_is_what_its_configuration_says(registry: FakeRegistry) -> None:
    digest = registry.tag(NAME, registry.image("linux/arm64", None))

    found = asked()

    assert (found.digest, list(found.platforms)) == (digest, ["linux/arm64"])
    assert found.platforms["linux/arm64"].digest == digest


def test_docker_hub_is_asked_at_its_address(registry: FakeRegistry) -> None:
    registry.index("library/redis:8")

    (found,) = locking.ask([Wanted(name="redis", tagged="redis:8")], {})

    assert found.chain
    assert {request.url.host for request in registry.asked} == {"registry-1.docker.io"}


def test_a_mirror_is_asked_in_place_of_the_registry(registry: FakeRegistry) -> None:
    registry.index(NAME)

    (found,) = locking.ask([Wanted(name="p", tagged=TAGGED)], {"registry.test": "https://mirror.test"})

    assert found.chain
    assert {request.url.host for request in registry.asked} == {"mirror.test"}


def test_a_registry_that_wants_a_token_gets_the_one_for_everybody(registry: FakeRegistry) -> None:
    registry.index(NAME)
    registry.ticket = "for-everybody"

    asked()

    logins = [request for request in registry.asked if request.url.path == "/token"]
    assert [dict(login.url.params) for login in logins] == [
        {"service": "here", "scope": "repository:team/program:pull"}
    ]


def test_no_token_goes_where_a_blob_is_kept(registry: FakeRegistry) -> None:
    registry.index(NAME)
    registry.ticket = "for-everybody"

    def elsewhere(request: httpx.Request) -> httpx.Response | None:
        if request.url.host == "store.test":
            return httpx.Response(200, content=registry.documents[request.url.path[1:]])
        if "/blobs/" in request.url.path and "authorization" in request.headers:
            return httpx.Response(
                307, headers={"location": f"https://store.test/{request.url.path.rsplit('/')[-1]}"}
            )
        return None

    registry.fault = elsewhere

    asked()

    stores = [request for request in registry.asked if request.url.host == "store.test"]
    assert len(stores) == len({request.url.path for request in stores}) > 0
    assert not any("authorization" in request.headers for request in stores)


def always(status: int, **headers: str) -> Callable[[httpx.Request], httpx.Response]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: httpx.Response(status, headers=named)


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        (always(404), f"{SHOWN} 404 for manifests/1.0; correct the tag in components/catalogue/images.py"),
        (
            always(401, www_authenticate='Basic realm="members"'),
            f"{PRIVATE}; correct the name, or copy what is private to a registry of yours",
        ),
        (
            always(429, retry_after="120"),
            f"{BUSY}; too many were asked for from this address; try again in 120 s",
        ),
        (
            always(429, retry_after="Wed, 21 Oct 2026 07:28 GMT"),
            f"{BUSY}; too many were asked for from this address; try again after Wed, 21 Oct 2026 07:28 GMT",
        ),
        (always(503), f"{SHOWN} 503 for manifests/1.0; try again later"),
    ],
)
def test_a_refusal_is_one_line_with_what_to_do(
    registry: FakeRegistry, fault: Callable[[httpx.Request], httpx.Response], line: str
) -> None:
    registry.fault = fault

    assert refused() == line


def test_a_registry_that_is_not_there_is_told(registry: FakeRegistry) -> None:
    def unreachable(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("Name or service not known", request=request)

    registry.fault = unreachable

    assert refused().startswith(f"{TAGGED}: registry.test must answer, got Name or service not known; ")


def test_a_token_that_is_refused_too_ends_the_dance(registry: FakeRegistry) -> None:
    registry.index(NAME)
    registry.ticket = "right"
    registry.fault = lambda request: (
        httpx.Response(200, json={"access_token": "wrong"}) if request.url.path == "/token" else None
    )

    assert "got status 401 for manifests/1.0" in refused()


def test_a_login_that_is_refused_is_told(registry: FakeRegistry) -> None:
    registry.ticket = "right"
    registry.fault = lambda request: httpx.Response(429) if request.url.path == "/token" else None

    assert "got status 429 for its token; too many were asked for" in refused()


def test_nobody_leads_from_tls_to_plain_http(registry: FakeRegistry) -> None:
    registry.index(NAME)
    registry.fault = lambda request: (
        httpx.Response(302, headers={"location": f"http://plain.test{request.url.path}"})
        if request.url.scheme == "https"
        else None
    )

    assert "got it led to http://plain.test" in refused()


def test_a_document_without_end_is_not_read_to_it(registry: FakeRegistry) -> None:
    registry.fault = lambda _: httpx.Response(200, content=b" " * (4 * 1024 * 1024 + 1))

    assert "got more than 4194304 bytes" in refused()


def test_a_tag_whose_document_was_changed_on_its_way_is_refused(registry: FakeRegistry) -> None:
    digest = registry.index(NAME)
    registry.documents[digest] += b" "

    assert f"must be of the digest {digest}, got sha256:" in refused()


@pytest.mark.parametrize("kind", ["manifests/sha256", "blobs/sha256"])
def test_a_link_that_was_changed_on_its_way_is_refused(registry: FakeRegistry, kind: str) -> None:
    registry.index(NAME)
    registry.fault = lambda request: httpx.Response(200, content=b"{}") if kind in request.url.path else None

    assert "must be of that digest, got sha256:" in refused()


def test_an_image_of_another_platform_than_listed_is_refused(registry: FakeRegistry) -> None:
    foreign = registry.image("linux/amd64", "1:1")
    registry.tag(NAME, document(manifests=[link(foreign, platform=platform("linux/arm64"))]))

    assert refused() == f"{TAGGED}: what the index lists as linux/arm64 must be built for it, got linux/amd64"


def test_an_index_without_any_platform_of_ours_is_refused(registry: FakeRegistry) -> None:
    registry.index(NAME, {"linux/s390x": "1", "windows/amd64": "1"})

    assert "index must list one of linux/amd64, linux/arm64" in refused()


@pytest.mark.parametrize(
    "content",
    [b"no json", b"[]", b'{"schemaVersion": 1, "fsLayers": []}', b'{"manifests": [{"digest": "../x"}]}'],
)
def test_what_is_no_image_is_refused(registry: FakeRegistry, content: bytes) -> None:
    registry.tag(NAME, content)

    assert f"{TAGGED}: documents must be those of an image" in refused()


def test_an_image_of_one_platform_is_refused_where_a_node_needs_the_other(registry: FakeRegistry) -> None:
    registry.tag(NAME, registry.image("linux/amd64", "1:1"))

    assert refused("linux/amd64", "linux/arm64") == (
        f"{TAGGED}: must be built for linux/arm64, which node-service runs on, got only linux/amd64; "
        "take a tag that has it, or build the image for it; images/README.md"
    )


def test_what_fails_for_one_image_says_nothing_of_the_others(registry: FakeRegistry) -> None:
    registry.index(NAME, BOTH)
    missing = Wanted(name="missing", tagged="registry.test/team/missing:1")

    found = locking.ask([missing, Wanted(name="program", tagged=TAGGED)], {})

    assert [bool(each.problem) for each in found] == [True, False]


@pytest.mark.parametrize(
    "option",
    [
        "docker.io",
        "=https://x",
        "x=mirror.test",
        "x=http://mirror.test",
        "x=http://10.0.0.1:5000",
        "x=ftp://y",
    ],
)
def test_an_address_that_anybody_could_answer_for_is_refused(option: str) -> None:
    _, problems = parse_registries([option])

    assert [problem.path for problem in problems] == ["--registry"]


@pytest.mark.parametrize(
    "address",
    ["https://mirror.test", "http://127.0.0.1:5000", "http://localhost:5000", "http://198.18.0.10:5000"],
)
def test_tls_and_what_is_near_may_be_asked(address: str) -> None:
    assert parse_registries([f"x={address}/"]) == ({"x": address}, [])
