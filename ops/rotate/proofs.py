"""Who checks which secret, and the proof of a rotation: the old value refused where the new one is taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from components.catalogue import documents, grafana, open_webui, postgres, rag, railway, redis
from components.catalogue.credentials import (
    CONSUL_AGENT_TOKEN,
    CONSUL_GOSSIP_KEY,
    CONSUL_MANAGEMENT_TOKEN,
    DOCUMENTS_KEY,
    ENGINE_KEY,
    EXPORTER_NAME,
    GRAFANA_DATABASE_PASSWORD,
    GRAFANA_METRICS_PASSWORD,
    GRAFANA_NAME,
    LITELLM_DATABASE_PASSWORD,
    LITELLM_MASTER_KEY,
    LITELLM_MASTER_KEY_PARTS,
    LITELLM_NAME,
    OPEN_WEBUI_DATABASE_PASSWORD,
    OPEN_WEBUI_NAME,
    OPEN_WEBUI_REDIS_PASSWORD,
    OPEN_WEBUI_SESSION_KEY,
    OPERATOR_PASSWORD,
    POSTGRES_EXPORTER_PASSWORD,
    POSTGRES_PASSWORD,
    RAG_KEY,
    RAILWAY_ROUTER_KEY,
    RAILWAY_ROUTER_KEY_PARTS,
    REDIS_EXPORTER_PASSWORD,
    REDIS_NAME,
    REDIS_PASSWORD,
)
from components.catalogue.vault import PULUMI_ID
from components.model.secrets import SecretRef
from components.model.specs import ServiceSpec
from components.model.vault import node_role
from ops import stack as engine
from ops.rotate import programs
from ops.rotate.plan import ENGINE
from ops.rotate.programs import Answer, Ask, asked
from ops.rotate.targets import Kind, Target, consumers
from ops.stack import Stack


@dataclass(frozen=True)
class Verdict:
    """What one program does with both values."""

    where: str
    old: str
    new: str
    proven: bool


@dataclass(frozen=True)
class Surroundings:
    """The stack, and what an operator brings along."""

    stack: Stack
    ca: Path | None = None
    """Authority of the front door; None trusts the system's."""


def prove(asks: Mapping[str, Ask], *, old: str, new: str) -> tuple[Verdict, ...]:
    """Ask every program for both values: one that is away refuses the old value too, which proves nothing."""
    verdicts = []
    for where, ask in asks.items():
        refused, accepted = asked(ask, old), asked(ask, new)
        proven = refused.answer is Answer.REFUSED and accepted.answer is Answer.ACCEPTED
        verdicts.append(Verdict(where, str(refused), str(accepted), proven))
    return tuple(verdicts)


def asks_for(around: Surroundings, target: Target) -> Mapping[str, Ask]:
    """The programs that check the values of a target; empty where none is known."""
    if target.kind is Kind.AGENT_ID:
        nodes = [spec.node for spec in consumers(around.stack, target.name)]
        return {f"login of {node_role(node)}": programs.agent_login(around.stack, node) for node in nodes}
    find = _PROGRAMS.get(target.name)
    return dict(find(around)) if find else {}


Found = Iterator[tuple[str, Ask]]


def _redis(ref: SecretRef, user: str) -> Callable[[Surroundings], Found]:
    def find(around: Surroundings) -> Found:
        for spec in _holding(around, ref.name, redis.NAME):
            yield f"{spec.full_name}: AUTH {user}", programs.redis_user(around.stack, spec, user)

    return find


def _role(ref: SecretRef, role: str, database: str = "") -> Callable[[Surroundings], Found]:
    def find(around: Surroundings) -> Found:
        for spec in _holding(around, ref.name, postgres.NAME):
            where = f"{spec.full_name}: login of {role}"
            yield where, programs.postgres_role(around.stack, spec, role, database)

    return find


def _superuser(around: Surroundings) -> Found:
    for spec in _holding(around, POSTGRES_PASSWORD.name, postgres.NAME):
        yield f"{spec.full_name}: its verifier", programs.postgres_superuser(around.stack, spec)


def _gateway(around: Surroundings) -> Found:
    url = f"{engine.output(around.stack.name, 'chat_url')}/v1/models"
    prefix = str(LITELLM_MASTER_KEY_PARTS[0])
    yield url, programs.bearer(url, prefix=prefix, ca=around.ca)


def _router(around: Surroundings) -> Found:
    settings = around.stack.settings
    domain, prefix = railway.domain(settings), str(RAILWAY_ROUTER_KEY_PARTS[0])
    yield f"the router at {domain}", programs.edge(domain, settings.railway.edge, prefix=prefix)


def _engines(around: Surroundings) -> Found:
    for spec in (one for one in consumers(around.stack, ENGINE_KEY.name) if one.name.startswith(ENGINE)):
        address = around.stack.nodes[spec.node].address
        url = f"http://{address}:{spec.published_port('http')}/v1/models"
        yield f"{spec.full_name}: {url}", programs.bearer(url)


def _pages(around: Surroundings) -> Found:
    urls = engine.urls(around.stack.name)
    for url in (f"{urls['stats']}/stats", f"{urls['prometheus']}/-/ready"):
        yield url, programs.page(url)
    for spec in _holding(around, OPERATOR_PASSWORD.name, grafana.NAME):
        url = f"{_address(around, spec)}/api/search"
        yield f"{spec.full_name}: {url}", programs.page(url)


def _figures(around: Surroundings) -> Found:
    for spec in _holding(around, GRAFANA_METRICS_PASSWORD.name, grafana.NAME):
        url = f"{_address(around, spec)}/metrics"
        yield f"{spec.full_name}: {url}", programs.page(url, grafana.METRICS_USER)


def _management(around: Surroundings) -> Found:
    yield from _consul(around, CONSUL_MANAGEMENT_TOKEN.name, "/v1/acl/tokens")


def _agent(around: Surroundings) -> Found:
    yield from _consul(around, CONSUL_AGENT_TOKEN.name, "/v1/agent/self")


def _gossip(around: Surroundings) -> Found:
    for spec in _holding(around, CONSUL_GOSSIP_KEY.name, "consul"):
        yield f"{spec.full_name}: its keys", programs.gossip(around.stack, spec)


def _consul(around: Surroundings, name: str, path: str) -> Found:
    for spec in _holding(around, name, "consul"):
        address = around.stack.nodes[spec.node].address
        url = f"http://{address}:{spec.published_port('http')}{path}"
        yield f"{spec.full_name}: {url}", programs.bearer(url)


def _documents(around: Surroundings) -> Found:
    """The one path with a key that answers a GET without knowing a task; it drops results of an hour ago."""
    for spec in _holding(around, DOCUMENTS_KEY.name, documents.NAME):
        url = f"{_address(around, spec)}/v1/clear/results"
        yield f"{spec.full_name}: {url}", programs.api_key(url)


def _rag(around: Surroundings) -> Found:
    for spec in _holding(around, RAG_KEY.name, rag.NAME):
        url = f"{_address(around, spec)}/documents/pipeline_status"
        yield f"{spec.full_name}: {url}", programs.api_key(url)


def _sessions(around: Surroundings) -> Found:
    for spec in _holding(around, OPEN_WEBUI_SESSION_KEY.name, open_webui.NAME):
        url = f"{_address(around, spec)}/api/config"
        yield f"{spec.full_name}: {url}", programs.session(url)


def _address(around: Surroundings, spec: ServiceSpec) -> str:
    return f"http://{around.stack.nodes[spec.node].address}:{spec.published_port('http')}"


def _program(around: Surroundings) -> Found:
    yield "login of the program", programs.program_login(around.stack)


def _holding(around: Surroundings, name: str, service: str) -> Iterator[ServiceSpec]:
    """The service of this short name, where it holds the secret: its clients hold it too."""
    return (spec for spec in consumers(around.stack, name) if spec.name == service)


_PROGRAMS: Mapping[str, Callable[[Surroundings], Found]] = {
    REDIS_PASSWORD.name: _redis(REDIS_PASSWORD, REDIS_NAME),
    OPEN_WEBUI_REDIS_PASSWORD.name: _redis(OPEN_WEBUI_REDIS_PASSWORD, OPEN_WEBUI_NAME),
    REDIS_EXPORTER_PASSWORD.name: _redis(REDIS_EXPORTER_PASSWORD, EXPORTER_NAME),
    LITELLM_DATABASE_PASSWORD.name: _role(LITELLM_DATABASE_PASSWORD, LITELLM_NAME),
    OPEN_WEBUI_DATABASE_PASSWORD.name: _role(OPEN_WEBUI_DATABASE_PASSWORD, OPEN_WEBUI_NAME),
    GRAFANA_DATABASE_PASSWORD.name: _role(GRAFANA_DATABASE_PASSWORD, GRAFANA_NAME),
    GRAFANA_METRICS_PASSWORD.name: _figures,
    POSTGRES_EXPORTER_PASSWORD.name: _role(
        POSTGRES_EXPORTER_PASSWORD, EXPORTER_NAME, database=postgres.MONITORED
    ),
    POSTGRES_PASSWORD.name: _superuser,
    LITELLM_MASTER_KEY.name: _gateway,
    ENGINE_KEY.name: _engines,
    OPERATOR_PASSWORD.name: _pages,
    CONSUL_MANAGEMENT_TOKEN.name: _management,
    CONSUL_AGENT_TOKEN.name: _agent,
    CONSUL_GOSSIP_KEY.name: _gossip,
    DOCUMENTS_KEY.name: _documents,
    RAG_KEY.name: _rag,
    RAILWAY_ROUTER_KEY.name: _router,
    OPEN_WEBUI_SESSION_KEY.name: _sessions,
    PULUMI_ID: _program,
}
