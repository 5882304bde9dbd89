"""Programs that show figures of what shows none itself: the data services, and the nodes."""

from __future__ import annotations

from typing import Final

from components.catalogue import postgres, redis
from components.catalogue.credentials import (
    EXPORTER_NAME,
    POSTGRES_EXPORTER_PASSWORD,
    REDIS_EXPORTER_PASSWORD,
)
from components.catalogue.images import image
from components.catalogue.limits import limits
from components.config.settings import Settings
from components.model.access import Access, Flow, HostMount, Probe, Protocol
from components.model.mounts import Scratch
from components.model.naming import METRICS_FOLDER, service_name
from components.model.parts import Health, Metrics, Port
from components.model.secrets import SecretFile
from components.model.specs import ServiceSpec

NODE_EXPORTER: Final = "node-exporter"
NODE_PORT: Final = 9100
POSTGRES_PORT: Final = 9187
REDIS_PORT: Final = 9121

_ROOT: Final = "/host"
_FIGURES: Final = "/figures"


def _answers(port: int, path: str) -> Health:
    """Every one of these images has BusyBox' wget."""
    return Health(
        test=("CMD", "wget", "-q", "-O", "/dev/null", f"http://127.0.0.1:{port}{path}"),
        interval_seconds=30,
        start_period_seconds=10,
    )


def postgres_exporter(settings: Settings, *, node: str) -> ServiceSpec:
    """Figures of PostgreSQL, asked by a role that reads no table."""
    password = SecretFile(name="password", parts=(POSTGRES_EXPORTER_PASSWORD,))
    server = service_name(node, postgres.NAME)
    return ServiceSpec(
        node=node,
        name="postgres-exporter",
        image=image(settings, "postgres-exporter"),
        limits=limits(settings, node, "postgres-exporter", memory_mib=128, cpus="0.5"),
        health=_answers(POSTGRES_PORT, "/"),
        entrypoint=("/bin/postgres_exporter",),
        command=(f"--web.listen-address=:{POSTGRES_PORT}",),
        env={
            # The server has no certificate, and the connection does not leave the node.
            "DATA_SOURCE_URI": f"{server}:{postgres.PORT}/{postgres.MONITORED}?sslmode=disable",
            "DATA_SOURCE_USER": EXPORTER_NAME,
            "DATA_SOURCE_PASS_FILE": password.path,
        },
        ports=(Port(name="http", container=POSTGRES_PORT),),
        probe=Probe(port="http", path="/"),
        secrets=(password,),
        metrics=Metrics(port="http"),
        talks_to=(Flow(to=server, port="postgres"),),
    )


def redis_exporter(settings: Settings, *, node: str) -> ServiceSpec:
    """Figures of Redis, asked by a user who reads no key.

    Its settings are not asked for: `CONFIG GET` shows more than figures, and the memory limit is in `INFO`.
    """
    server = service_name(node, redis.NAME)
    host = f"{server}:{redis.PORT}"
    passwords = SecretFile(
        name="passwords.json",
        # The program looks its password up under the address with the user; 1.45, the lab's, without.
        parts=(
            f'{{"redis://{EXPORTER_NAME}@{host}": "',
            REDIS_EXPORTER_PASSWORD,
            f'", "redis://{host}": "',
            REDIS_EXPORTER_PASSWORD,
            '"}\n',
        ),
    )
    return ServiceSpec(
        node=node,
        name="redis-exporter",
        image=image(settings, "redis-exporter"),
        limits=limits(settings, node, "redis-exporter", memory_mib=128, cpus="0.5"),
        health=_answers(REDIS_PORT, "/health"),
        entrypoint=("/redis_exporter",),
        command=("-config-command=-",),
        env={
            "REDIS_ADDR": f"redis://{host}",
            "REDIS_EXPORTER_WEB_LISTEN_ADDRESS": f":{REDIS_PORT}",
            "REDIS_PASSWORD_FILE": passwords.path,
            "REDIS_USER": EXPORTER_NAME,
        },
        ports=(Port(name="http", container=REDIS_PORT),),
        probe=Probe(port="http", path="/health"),
        secrets=(passwords,),
        metrics=Metrics(port="http"),
        talks_to=(Flow(to=server, port="redis"),),
    )


_ACCESS: Final = Access(
    protocol=Protocol.HTTP,
    open_paths={"/metrics": "figures of the machine, no secret; the tailnet lets nobody but oracle in"},
)
_COLLECTORS: Final = (
    *("cpu", "diskstats", "edac", "filefd", "filesystem", "hwmon", "loadavg", "meminfo", "pressure", "stat"),
    *("textfile", "thermal_zone", "time", "vmstat"),
)
"""Named one by one: of what the program also knows, everything about networks, the machine's name and its
services would tell of the container instead of the node."""

_NOT_DISKS: Final = (
    "autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|efivarfs|fuse.*|hugetlbfs|iso9660|mqueue"
    "|nsfs|proc|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|sysfs|tmpfs|tracefs"
)


def node_exporter(settings: Settings, *, node: str, published: bool) -> ServiceSpec:
    """Figures of the machine, without any of its namespaces.

    It sees the machine's files as anybody there does. What lies in `/run` is covered: the container engine's
    socket is there, and no figure is. The folder for figures from elsewhere is a mount of its own, because
    only root may look into the folder above it.
    """
    return ServiceSpec(
        node=node,
        name=NODE_EXPORTER,
        image=image(settings, NODE_EXPORTER),
        limits=limits(settings, node, NODE_EXPORTER, memory_mib=128, cpus="0.5"),
        health=_answers(NODE_PORT, "/"),
        entrypoint=("/bin/node_exporter",),
        command=(
            f"--web.listen-address=:{NODE_PORT}",
            f"--path.rootfs={_ROOT}",
            f"--path.procfs={_ROOT}/proc",
            f"--path.sysfs={_ROOT}/sys",
            "--collector.disable-defaults",
            *(f"--collector.{name}" for name in _COLLECTORS),
            f"--collector.filesystem.fs-types-exclude=^({_NOT_DISKS})$",
            "--collector.filesystem.mount-points-exclude=^/(dev|proc|run|sys|var/lib/docker/.+)($|/)",
            f"--collector.textfile.directory={_FIGURES}",
        ),
        ports=(
            Port(
                name="http",
                container=NODE_PORT,
                published=NODE_PORT if published else None,
                access=_ACCESS if published else None,
            ),
        ),
        probe=Probe(port="http", path="/"),
        metrics=Metrics(port="http"),
        host_mounts=(
            HostMount(source="/", target=_ROOT, reason="size and free space of every disk, /proc and /sys"),
            HostMount(
                source=METRICS_FOLDER, target=_FIGURES, reason="figures that the host's own jobs write"
            ),
        ),
        scratch=(Scratch(path=f"{_ROOT}/run", size_mib=1),),
    )
