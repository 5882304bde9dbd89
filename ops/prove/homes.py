"""Where values belong: the only places that may hold one, each with its reason."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from components.catalogue.credentials import POSTGRES_PASSWORD
from components.model.naming import host_folder, volume_name
from components.model.secrets import SecretsFrom
from components.model.specs import ServiceSpec
from ops.prove.needles import Source
from ops.prove.report import Allowed, Finding, gathered


class Kind(StrEnum):
    """What kind of place a home is."""

    FOLDER = "folder"
    VOLUME = "volume in memory"
    ENVIRONMENT = "environment of"


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A place on a node, and the secrets that belong there."""

    kind: Kind
    key: str
    """Path of the folder, name of the volume or of the container."""

    names: frozenset[str]
    reason: str
    certain: bool = True
    """Whether the values must be there while the swarm runs, so that not finding them is a failed control."""

    @property
    def title(self) -> str:
        """For people."""
        return f"{self.kind} {self.key}"

    def welcomes(self, source: Source) -> bool:
        """Whether a secret belongs here; of two with the same value one is enough."""
        return not self.names.isdisjoint(source.names)


@dataclass(frozen=True, slots=True)
class Seen:
    """A secret in a path, and the home that the path lies in, if it does."""

    path: str
    offset: int
    source: Source
    home: Home | None


_DELIVERED = "delivered from outside: no agent can fetch what it starts with"
_RENDERED = "written by the node's agent, for this service alone"
_POSTGRES = "the image's entry script exports what POSTGRES_PASSWORD_FILE holds, at each start"


def homes(specs: Sequence[ServiceSpec]) -> tuple[Home, ...]:
    """The places on one node that may hold secrets of its services."""
    return tuple(home for spec in specs if spec.secrets for home in _of(spec))


def _of(spec: ServiceSpec) -> Iterable[Home]:
    names = frozenset(ref.name for ref in spec.secret_references)
    if spec.secrets_from is SecretsFrom.HOST:
        folder = f"{host_folder(spec.name)}/secrets"
        yield Home(kind=Kind.FOLDER, key=folder, names=names, reason=_DELIVERED)
    else:
        volume = volume_name(spec.node, spec.name, "secrets")
        yield Home(kind=Kind.VOLUME, key=volume, names=names, reason=_RENDERED)
    if spec.exports_reason:
        yield Home(kind=Kind.ENVIRONMENT, key=spec.full_name, names=names, reason=spec.exports_reason)
    if POSTGRES_PASSWORD.name in names and spec.name == "postgres":
        yield Home(
            kind=Kind.ENVIRONMENT, key=spec.full_name, names=frozenset({POSTGRES_PASSWORD.name}),
            reason=_POSTGRES, certain=False,
        )  # fmt: skip


def judged(
    seen: Iterable[Seen], expected: Iterable[Home], known: Collection[str]
) -> tuple[tuple[Finding, ...], tuple[Allowed, ...], tuple[str, ...]]:
    """Tell what was found in its own home from what was found elsewhere.

    Args:
        expected: The homes that the search must have come across.
        known: Names of the secrets that were looked for.

    Returns:
        Findings, what is allowed, and a problem for each home in which something was not found: a search that
        does not find what is there proves nothing.
    """
    at_home: dict[Home, set[str]] = {}
    elsewhere = []
    for each in seen:
        if each.home and each.home.welcomes(each.source):
            at_home.setdefault(each.home, set()).update(each.home.names.intersection(each.source.names))
        else:
            elsewhere.append((each.path, each.offset, each.source))
    allowed = (Allowed(home.title, tuple(sorted(names)), home.reason) for home, names in at_home.items())
    missing = {
        home: sorted(home.names.intersection(known) - at_home.get(home, set()))
        for home in expected
        if home.certain
    }
    problems = (
        f"control failed: {home.title} must hold {', '.join(names)}, and the search did not find it"
        for home, names in missing.items()
        if names
    )
    return gathered(elsewhere), tuple(sorted(allowed)), tuple(problems)
