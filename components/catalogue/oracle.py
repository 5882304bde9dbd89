"""Services of oracle, the node that people and programs talk to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from components.catalogue import railway, vault
from components.catalogue.alertmanager import NAME as ALERTMANAGER
from components.catalogue.alertmanager import PORT as ALERTMANAGER_PORT
from components.catalogue.alertmanager import alertmanager
from components.catalogue.blackbox import blackbox
from components.catalogue.cloud_door import cloud_door
from components.catalogue.consul import consul, registering
from components.catalogue.documents import NAME as DOCUMENTS
from components.catalogue.exporters import node_exporter, postgres_exporter, redis_exporter
from components.catalogue.grafana import grafana
from components.catalogue.haproxy import haproxy
from components.catalogue.litellm import RAILWAY_KEY, litellm
from components.catalogue.open_webui import open_webui
from components.catalogue.postgres import postgres
from components.catalogue.prometheus import PORT as PROMETHEUS_PORT
from components.catalogue.prometheus import prometheus
from components.catalogue.redis import redis
from components.config.models import EngineSettings
from components.config.settings import Settings
from components.model.endpoints import ManagedEndpoint, reach
from components.model.naming import service_name
from components.model.specs import ServiceSpec
from components.render.dashboards import render_dashboards
from components.render.haproxy import Cloud, Page, Pool, Ways
from components.render.litellm import Step

NODE: Final = "oracle"
_FIRST_POOL_PORT: Final = 8100
_QUEUE_SECONDS: Final = 2
_LAST_QUEUE_SECONDS: Final = 30
"""Behind the last engine there is nothing to fall back to, so waiting is better than failing."""


def services(settings: Settings, *, peers: Sequence[ServiceSpec]) -> tuple[ServiceSpec, ...]:
    """Data first, then the gateway, then what stands in front of it."""
    cascade = _cascade(settings, peers)
    pools = _pools(cascade)
    cloud = cloud_door(settings, port=_FIRST_POOL_PORT + len(pools))
    behind = (
        postgres(settings, node=NODE),
        redis(settings, node=NODE),
        postgres_exporter(settings, node=NODE),
        redis_exporter(settings, node=NODE),
        node_exporter(settings, node=NODE, published=False),
        litellm(settings, node=NODE, steps=(*_steps(cascade, pools), *_cloud_step(settings, cloud))),
        haproxy(settings, node=NODE, ways=Ways(pools=pools, cloud=cloud, pages=_PAGES)),
        open_webui(settings, node=NODE, converter=_of_peer(settings, peers, DOCUMENTS)),
        grafana(
            settings,
            node=NODE,
            prometheus=_of_node("prometheus", PROMETHEUS_PORT),
            alertmanager=_of_node(ALERTMANAGER, ALERTMANAGER_PORT),
            dashboards=render_dashboards(vault_job=service_name(vault.SERVER_NODE, vault.SERVER)),
        ),
    )
    catalogue = consul(settings, node=NODE)
    telling = alertmanager(settings, node=NODE)
    probing = blackbox(settings, node=NODE)
    names = [pool.name for pool in pools]
    watched = (*behind, catalogue, telling, probing, *peers)
    watching = prometheus(settings, node=NODE, watched=watched, pools=names)
    ours = (*behind, telling, probing, watching)
    return (*ours, registering(settings, catalogue, (*ours, catalogue, *peers)))


def _page(name: str, port: int) -> Page:
    """A program of this node that people reach through the proxy, at the port that it has itself."""
    return Page(name=name, port=port, service=_of_node(name, port))


def _of_node(name: str, port: int) -> ManagedEndpoint:
    """Where this node's containers find one of its services, said before that service is made."""
    full_name = service_name(NODE, name)
    return ManagedEndpoint(service=full_name, host=full_name, port=port)


_PAGES: Final = (_page("prometheus", PROMETHEUS_PORT), _page(ALERTMANAGER, ALERTMANAGER_PORT))


def _of_peer(settings: Settings, peers: Sequence[ServiceSpec], name: str) -> ManagedEndpoint:
    """Where this node finds another node's service; there is one of that name."""
    (spec,) = (spec for spec in peers if spec.name == name)
    return reach(settings, spec, "http", seen_from=NODE)


@dataclass(frozen=True, slots=True)
class _Engine:
    role: str
    model: EngineSettings
    endpoint: ManagedEndpoint


def _cascade(settings: Settings, peers: Sequence[ServiceSpec]) -> tuple[_Engine, ...]:
    """The engines in the order in which a request tries them."""
    specs = {spec.name: spec for spec in peers}
    return tuple(
        _Engine(role, model, reach(settings, specs[f"vllm-{role}"], "http", seen_from=NODE))
        for role, model in settings.models.by_role().items()
    )


def _pools(cascade: Sequence[_Engine]) -> tuple[Pool, ...]:
    return tuple(
        Pool(
            name=f"pool-{engine.role}",
            port=_FIRST_POOL_PORT + index,
            engine=engine.endpoint,
            requests=engine.model.max_num_seqs,
            queue_seconds=_LAST_QUEUE_SECONDS if engine is cascade[-1] else _QUEUE_SECONDS,
        )
        for index, engine in enumerate(cascade)
    )


def _steps(cascade: Sequence[_Engine], pools: Sequence[Pool]) -> tuple[Step, ...]:
    return tuple(
        Step(
            name=engine.endpoint.service,
            model=engine.model.served_name,
            pool=pool.name,
            url=f"http://{service_name(NODE, 'haproxy')}:{pool.port}/v1",
            max_input_tokens=engine.model.max_model_len,
        )
        for engine, pool in zip(cascade, pools, strict=True)
    )


def _cloud_step(settings: Settings, cloud: Cloud | None) -> tuple[Step, ...]:
    """Behind the swarm's own engines and before the paid ones: it costs no more for being asked."""
    if cloud is None:
        return ()
    return (
        Step(
            name=railway.ROUTER_STEP,
            model=settings.models.public_name,
            pool=cloud.name,
            url=f"http://{service_name(NODE, 'haproxy')}:{cloud.port}/v1",
            max_input_tokens=railway.QUESTION_TOKENS,
            key_variable=RAILWAY_KEY,
            first_chunk_seconds=railway.FIRST_CHUNK_SECONDS,
        ),
    )
