"""The edge: a domain leads to the router once its deployment runs, and to nothing else before."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from lab.fakes.railway import FakeRailway
from lab.fakes.railway.edge import Edge
from lab.fakes.railway.server import Background
from tests.unit.lab.fakes.railway.person import Person

DOMAIN = "mine.up.railway.app"
KEY = "key-of-the-router"
CONFIG = {
    "model_list": [
        {
            "model_name": "swarm",
            "litellm_params": {
                "model": "hosted_vllm/phi-3",
                "api_base": "http://phi-3.railway.internal:8080/v1",
            },
            "model_info": {"id": "railway-phi-3", "max_input_tokens": 100},
        }
    ]
}
QUESTION = {"model": "swarm", "messages": [{"role": "user", "content": "hello"}], "max_tokens": 2}


@pytest.fixture
def web(fake: FakeRailway) -> Iterator[httpx.Client]:
    """A client of the domain, with the router's key."""
    server = Background(Edge(fake), host="127.0.0.1")
    headers = {"host": DOMAIN, "authorization": f"Bearer {KEY}"}
    url = f"http://127.0.0.1:{server.start()}"
    with httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=10) as client:
        yield client
    server.stop()


def give_domain(person: Person, service: str) -> None:
    made = person.ask(
        "mutation($i: ServiceDomainCreateInput!) { serviceDomainCreate(input: $i) { id } }",
        i={"environmentId": person.environment, "serviceId": service},
    )
    ids = {"environmentId": person.environment, "serviceId": service}
    given = {**ids, "serviceDomainId": made["id"], "domain": DOMAIN}
    person.change("serviceDomainUpdate", "ServiceDomainUpdateInput", **given)
    person.wait()


@pytest.fixture
def router(person: Person) -> str:
    """A router with a domain, whose key is sealed; it runs, and its model does not."""
    id_ = person.running("router")
    person.patch(
        {
            "services": {
                id_: {
                    "variables": {
                        "LITELLM_MASTER_KEY": {"value": KEY, "isSealed": True},
                        "LITELLM_CONFIG": {"value": json.dumps(CONFIG)},
                    }
                }
            }
        }
    )
    person.wait()
    give_domain(person, id_)
    return id_


@pytest.fixture
def model(person: Person) -> str:
    """The model that the router asks, running."""
    return person.running("phi-3")


def ask(web: httpx.Client, **changed: object) -> httpx.Response:
    return web.post("/v1/chat/completions", json={**QUESTION, **changed})


@pytest.mark.usefixtures("router", "model")
def test_the_router_answers_its_key(web: httpx.Client) -> None:
    answer = ask(web)

    assert answer.status_code == 200
    assert answer.json()["choices"][0]["message"]["content"]
    assert answer.headers["x-litellm-model-id"] == "railway-phi-3"
    assert answer.headers["x-stand-in"] == "true"
    assert [each["id"] for each in web.get("/v1/models").json()["data"]] == ["swarm"]


@pytest.mark.usefixtures("router", "model")
def test_it_writes_a_stream(web: httpx.Client) -> None:
    assert ask(web, stream=True).text.rstrip().endswith("data: [DONE]")


@pytest.mark.usefixtures("router", "model")
@pytest.mark.parametrize("key", ["", "Bearer x", f"Basic {KEY}"])
def test_other_keys_open_nothing_but_its_health(web: httpx.Client, key: str) -> None:
    headers = {"authorization": key}

    assert web.post("/v1/chat/completions", json=QUESTION, headers=headers).status_code == 401
    assert web.get("/v1/models", headers=headers).status_code == 401
    assert web.get("/health/liveliness", headers=headers).status_code == 200
    assert web.get("/else", headers=headers).status_code == 404


@pytest.mark.usefixtures("router", "model")
def test_a_question_longer_than_the_context_is_refused(web: httpx.Client) -> None:
    long = [{"role": "user", "content": "word " * 200}]

    assert ask(web, messages=long).status_code == 400
    assert ask(web, model="other").status_code == 404


@pytest.mark.usefixtures("router")
def test_without_its_model_it_has_no_words(web: httpx.Client) -> None:
    answer = ask(web)

    assert (answer.status_code, "no connection to phi-3" in answer.text) == (503, True)
    assert web.get("/health/liveliness").status_code == 200


@pytest.mark.usefixtures("model")
def test_a_domain_leads_only_to_what_runs(person: Person, web: httpx.Client, router: str) -> None:
    other = web.get("/health/liveliness", headers={"host": "other.up.railway.app"})
    assert (other.status_code, other.json()["message"]) == (404, "Application not found")

    latest = person.instance(router)["latestDeployment"]["id"]
    person.ask("mutation($id: String!) { deploymentRemove(id: $id) }", id=latest)

    assert ask(web).status_code == 404


def test_a_request_wakes_what_sleeps(
    fake: FakeRailway, person: Person, web: httpx.Client, router: str
) -> None:
    asleep = person.service("phi-3")
    person.set(asleep, source={"image": "example/model:1"}, sleepApplication=True)
    id_ = person.deploy(asleep)
    person.wait(2 * fake.behaviour.sleep_seconds)
    assert person.status(id_) == "SLEEPING"

    assert ask(web).status_code == 200
    assert person.status(id_) == "SUCCESS"
    assert person.instance(router)["latestDeployment"]["status"] == "SUCCESS"


def test_what_is_no_router_says_that_nothing_runs(person: Person, web: httpx.Client) -> None:
    give_domain(person, person.running("plain"))

    assert "nothing runs" in web.get("/").text


@pytest.mark.usefixtures("model")
def test_what_was_written_since_the_deployment_does_not_count(
    person: Person, web: httpx.Client, router: str
) -> None:
    person.write(router, {"LITELLM_MASTER_KEY": "another"})

    assert ask(web).status_code == 200
    person.deploy(router)
    person.wait()
    assert ask(web).status_code == 401
