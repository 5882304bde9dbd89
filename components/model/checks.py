"""What must hold between specs and settings before anything is deployed; every problem at once.

A path names the key of the stack file where the operator can mend it there, otherwise the service.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network
from itertools import combinations
from typing import TYPE_CHECKING, Final

from components.model.architectures import ARCHITECTURES
from components.model.capacity import engine_capacities
from components.model.endpoints import external_endpoints
from components.model.naming import volume_name
from components.model.problems import Problem
from components.model.secrets import SecretRef, SecretSource
from components.model.specs import ServiceSpec

if TYPE_CHECKING:
    from components.config.settings import NodeSettings, Settings
    from components.model.cloud import Cloud

Swarm = Mapping[str, tuple[ServiceSpec, ...]]

SWARM_NETWORK: Final = IPv4Network("172.20.0.0/16")
GPU_PROCESS_MIB: Final = 512
"""What CUDA takes for each process before vLLM measures: it lies outside the engine's share of the card."""


def find_problems(settings: Settings, swarm: Swarm, cloud: Cloud | None = None) -> list[Problem]:
    """Every problem of this swarm, sorted; an empty list means that it may be deployed.

    Args:
        cloud: Its secrets and images are known names in the settings, too.
    """
    problems = [
        *check_names_in_settings(settings, swarm, cloud),
        *check_epochs(settings, swarm, cloud.references if cloud else ()),
        *check_keys(settings),
        *check_addresses(settings),
        *check_subnets(settings),
        *check_capacity(settings, swarm),
    ]
    for name, node in settings.nodes.by_name().items():
        specs = swarm[name]
        problems += [
            *check_ports(settings, name, specs),
            *check_memory(name, node, specs),
            *check_least_memory(settings, specs),
            *check_gpus(name, node, specs),
            *check_images(settings, node, specs),
            *check_order(specs),
            *check_protected_names(settings, specs),
        ]
    return sorted(problems)


def check_names_in_settings(settings: Settings, swarm: Swarm, cloud: Cloud | None) -> Iterator[Problem]:
    """Overrides must name something that exists: a misspelt one would silently do nothing."""
    specs = [spec for specs in swarm.values() for spec in specs]
    in_cloud = cloud.services if cloud else ()
    images = sorted({*(spec.image.name for spec in specs), *(service.image.name for service in in_cloud)})
    services = sorted(spec.full_name for spec in specs)
    for section, given, known in (("images", settings.images, images), ("limits", settings.limits, services)):
        for name in sorted(set(given) - set(known)):
            yield Problem(f"aiswarm:{section}", f"must name one of {', '.join(known)}", repr(name))


def check_epochs(settings: Settings, swarm: Swarm, elsewhere: Iterable[SecretRef]) -> Iterator[Problem]:
    """Epochs count secrets that there are, and that may be renewed."""
    references = {ref for specs in swarm.values() for spec in specs for ref in spec.all_references}
    generated = [ref for ref in (*references, *elsewhere) if ref.source is SecretSource.GENERATED]
    known = sorted({ref.rotates_as for ref in generated if ref.family or not ref.kept_with_data})
    for name in sorted(set(settings.epochs) - set(known)):
        yield Problem("aiswarm:epochs", f"must name one of {', '.join(known)}", repr(name))


def check_keys(settings: Settings) -> Iterator[Problem]:
    """A key is in one place: nobody could say which of two is used."""
    for name in sorted(set(settings.keys_in_vault) & set(settings.keys_in_stack)):
        fix = f"`pulumi config rm aiswarm:{name}` or `./swarm keys remove {name}`"
        yield Problem(f"aiswarm:{name}", "must not be in the stack file and in Vault", "both", fix)


def check_addresses(settings: Settings) -> Iterator[Problem]:
    """Every node has its own address."""
    nodes_at: dict[IPv4Address, list[str]] = defaultdict(list)
    for name, node in settings.nodes.by_name().items():
        nodes_at[node.address].append(name)
    for address, names in nodes_at.items():
        if len(names) > 1:
            yield Problem("aiswarm:nodes", "addresses must differ", f"{address} for {' and '.join(names)}")


def check_subnets(settings: Settings) -> Iterator[Problem]:
    """Nodes' networks are routed to each other, so none may overlap another."""
    nodes = settings.nodes.by_name()
    for name, node in nodes.items():
        subnet = node.subnet
        if subnet.prefixlen != 24 or not subnet.subnet_of(SWARM_NETWORK):
            yield Problem(f"aiswarm:nodes.{name}.subnet", f"must be a /24 of {SWARM_NETWORK}", str(subnet))
    for (one, first), (other, second) in combinations(nodes.items(), 2):
        if first.subnet.overlaps(second.subnet):
            got = f"{second.subnet}, which overlaps {first.subnet} of {one}"
            yield Problem(f"aiswarm:nodes.{other}.subnet", "must not overlap another node's", got)


def check_ports(settings: Settings, node: str, specs: tuple[ServiceSpec, ...]) -> Iterator[Problem]:
    """A port of a node is published once, and never where a service listens that is not ours."""
    users: dict[int, list[str]] = defaultdict(list)
    for endpoint in external_endpoints(settings):
        if endpoint.node == node:
            users[endpoint.port].append(f"{endpoint.name}, which is not ours")
    for spec in specs:
        for port in spec.ports:
            if port.published is not None:
                users[port.published].append(spec.name)
    for number, names in sorted(users.items()):
        if len(names) > 1:
            got = f"{number} twice ({' and '.join(names)})"
            yield Problem(f"{node}.services", "published ports must be unique", got)


def check_memory(name: str, node: NodeSettings, specs: tuple[ServiceSpec, ...]) -> Iterator[Problem]:
    """The limits of all services fit into the node's memory at the same time."""
    available = node.memory_mib - node.reserved_mib
    needed = sum(spec.limits.memory_mib for spec in specs)
    if needed > available:
        each = ", ".join(f"{spec.name} {spec.limits.memory_mib}" for spec in specs)
        yield Problem(
            f"aiswarm:nodes.{name}.memory_mib",
            f"less reserved_mib must hold the limits of all services, {needed} MiB ({each})",
            f"{available} MiB",
            "lower some in aiswarm:limits",
        )


def check_least_memory(settings: Settings, specs: tuple[ServiceSpec, ...]) -> Iterator[Problem]:
    """No limit is below what its service certainly needs: the kernel would kill it again and again."""
    for spec in specs:
        limit, least = spec.limits.memory_mib, spec.least_memory_mib
        if limit < least:
            overridden = spec.full_name in settings.limits
            path = f"aiswarm:limits.{spec.full_name}" if overridden else f"{spec.full_name}.limits"
            expected = f"must be at least {least} for the service's settings"
            yield Problem(f"{path}.memory_mib", expected, str(limit))


def check_gpus(name: str, node: NodeSettings, specs: tuple[ServiceSpec, ...]) -> Iterator[Problem]:
    """The shares of a card, with what CUDA takes beside them, fit on it; the engines use the first card."""
    shares = [spec for spec in specs if spec.gpu_share]
    users = [spec.name for spec in specs if spec.gpu or spec.gpu_share]
    if users and not node.gpus:
        yield Problem(f"aiswarm:nodes.{name}.gpus", f"must list the card that {', '.join(users)} need")
        return
    if not shares:
        return
    total = node.gpus[0].memory_mib
    most = 1 - len(shares) * GPU_PROCESS_MIB / total
    got = sum(spec.gpu_share for spec in shares)
    if got > most:
        each = ", ".join(f"{spec.name} {spec.gpu_share:.2f}" for spec in shares)
        yield Problem(
            "aiswarm:models",
            f"gpu_memory_utilization on {name} must sum to at most {most:.3f}",
            f"{got:.3f} ({each})",
            f"each engine takes {GPU_PROCESS_MIB} MiB of the card's {total} beside its share",
        )


def check_capacity(settings: Settings, swarm: Swarm) -> Iterator[Problem]:
    """Every engine of a known model has room for one request of full length, or vLLM would not start it."""
    for role, model in settings.models.by_role().items():
        context = ARCHITECTURES[model.repository].context if model.repository in ARCHITECTURES else None
        if context is not None and model.max_model_len > context:
            yield Problem(
                f"aiswarm:models.{role}.max_model_len",
                f"must be at most {context}, what the model was trained for",
                str(model.max_model_len),
            )
    for role, found in engine_capacities(settings, swarm).items():
        if found is not None and not found.fits:
            length = settings.models.by_role()[role].max_model_len
            yield Problem(
                f"aiswarm:models.{role}",
                f"must leave {found.request_gib:.2f} GiB of the card for one request of {length} tokens",
                f"{found.pool_gib:.2f} GiB beside {found.weights_gib:.2f} of weights and "
                f"{found.overhead_gib:.2f} of working memory",
                "raise gpu_memory_utilization or cpu_offload_gib, or lower max_model_len",
            )


def check_images(settings: Settings, node: NodeSettings, specs: tuple[ServiceSpec, ...]) -> Iterator[Problem]:
    """Every image exists for its node's processors; Docker would start it and fail with an exec error."""
    for spec in specs:
        image = spec.image
        if image.runs_on(node.arch):
            continue
        overridden = image.name in settings.images
        path = f"aiswarm:images.{image.name}.platforms" if overridden else f"{spec.full_name}.image"
        yield Problem(
            path, f"must include linux/{node.arch} for {spec.full_name}", ", ".join(image.platforms) or "none"
        )


def check_order(specs: tuple[ServiceSpec, ...]) -> Iterator[Problem]:
    """What a service waits for stands before it on its node, and can become healthy.

    So no two services can wait for each other, and resources can be made in the order of the specs.
    """
    before: dict[str, ServiceSpec] = {}
    for spec in specs:
        for name in spec.after:
            path = f"{spec.node}.{spec.name}.after"
            if name not in before:
                yield Problem(path, f"must name services of {spec.node} that stand before it", name)
            elif before[name].health.test == ("NONE",):
                yield Problem(path, "must name services with a health check", name)
        before[spec.name] = spec


def check_protected_names(settings: Settings, specs: tuple[ServiceSpec, ...]) -> Iterator[Problem]:
    """Nothing of ours may carry the name of a service that is not ours: Docker would adopt or replace it."""
    protected = [endpoint.name for endpoint in external_endpoints(settings)]
    for spec in specs:
        volumes = [volume_name(spec.node, spec.name, volume.name) for volume in spec.volumes]
        for name in dict.fromkeys((spec.full_name, *volumes)):
            for word in protected:
                if word in name:
                    yield Problem(f"{spec.full_name}.name", f"must not contain {word!r}", repr(name))
