"""OpenBao: the server's files, the agents' files, and who may read what."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from components.model.files import ConfigFile
from components.model.secrets import VERSION_FILE, SecretFile, SecretRef, SecretSource
from components.model.vault import VERSION_FIELD
from components.render.openbao_ready import ready_script
from components.render.text import from_template

MOUNT = "secret"
"""The store of all values, a KV engine that keeps versions."""

PULUMI_ROLE = "pulumi"
"""Mount, role and id of the role of the program's own login, which the server makes at its first start."""

NODES_MOUNT = "approle"
"""Where the nodes' agents log in."""

EXTERNAL = "external"
"""Folder of the keys that an operator put in by hand."""

EXTERNAL_FIELD = "value"
"""The only field of such a key."""

POLL_SECONDS = 60
"""How often an agent looks for new values; each look costs some 3 kB in each audit log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerPlaces:
    """Paths as the server sees them."""

    config_folder: str
    data_folder: str
    audit_file: str
    certificate_file: str
    private_key_file: str
    pulumi_secret_id_file: str
    """Read once, when the server initialises itself; without a newline, which would become part of the id."""

    seal_keys: tuple[tuple[str, str], ...]
    """Key id and file, the current one first, then the one before if data may still be sealed with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """One service, as far as its node's agent is concerned."""

    entry: str
    """Path of the service's entry below the mount."""

    folder: str
    """Folder in the agent's container that is the service's own, e.g. `/secrets/redis`."""

    files: tuple[SecretFile, ...]


def server_files(
    *, places: ServerPlaces, address: str, port: int, generation: int, ca_certificate: str
) -> tuple[ConfigFile, ...]:
    """Everything in the server's configuration folder.

    A raised `generation` begins with empty data; what the one before wrote stays in its own folder.
    """
    policy = "pulumi-policy.hcl"
    configuration = from_template(
        "openbao/vault.hcl",
        address=address,
        port=port,
        cluster_port=port + 1,
        generation=generation,
        data_folder=places.data_folder,
        audit_file=places.audit_file,
        certificate_file=places.certificate_file,
        private_key_file=places.private_key_file,
        secret_id_file=places.pulumi_secret_id_file,
        policy_file=f"{places.config_folder}/{policy}",
        seal_keys=_seal_keys(places.seal_keys),
        role=PULUMI_ROLE,
    )
    ready = ready_script(role=PULUMI_ROLE, reseal=len(places.seal_keys) > 1)
    return (
        ConfigFile(name="vault.hcl", text=configuration),
        ConfigFile(name=policy, text=pulumi_policy()),
        ConfigFile(name="ca.pem", text=ca_certificate),
        ConfigFile(name="ready.sh", text=ready, executable=True),
    )


def _seal_keys(keys: tuple[tuple[str, str], ...]) -> str:
    return "\n".join(
        f'  {age}_key_id = "{key_id}"\n  {age}_key = "file://{file}"'
        for age, (key_id, file) in zip(("current", "previous"), keys, strict=False)
    )


def pulumi_policy() -> str:
    """What the program may do, as the server's own language has it."""
    return from_template(
        "openbao/pulumi-policy.hcl", mount=MOUNT, external=EXTERNAL, nodes=NODES_MOUNT, role=PULUMI_ROLE
    )


def entry_path(node: str, service: str) -> str:
    """Where a service's values are, below the mount."""
    return f"{node}/{service}"


def external_path(name: str) -> str:
    """Where a key that an operator put in by hand is, below the mount."""
    return f"{EXTERNAL}/{name}"


def is_external(ref: SecretRef) -> bool:
    """Whether the value was put into the server by hand, so that the program does not know it."""
    return ref.source is SecretSource.VAULT


def node_policy(entries: Iterable[str]) -> str:
    """Leave to read these entries' values and nothing else."""
    return "".join(
        from_template("openbao/entry.hcl", path=_data_path(entry)) for entry in sorted(set(entries))
    )


def agent_files(
    *,
    address: str,
    role_id: str,
    secret_id_file: str,
    config_folder: str,
    ca_certificate: str,
    rendered: Sequence[Rendered],
) -> tuple[ConfigFile, ...]:
    """Everything in the configuration folder of a node's agent.

    It serves at least one service: an agent without a template refuses to start.
    """
    templates = {
        f"{service.folder}/{name}": ConfigFile(name=_source(service, name), text=text)
        for service in rendered
        for name, text in _templates(service)
    }
    stanzas = (
        from_template(
            "openbao/agent-template.hcl", source=f"{config_folder}/{file.name}", destination=destination
        )
        for destination, file in templates.items()
    )
    agent = from_template(
        "openbao/agent.hcl",
        address=address,
        ca_file=f"{config_folder}/ca.pem",
        nodes=NODES_MOUNT,
        role_id_file=f"{config_folder}/role_id",
        secret_id_file=secret_id_file,
        poll_seconds=POLL_SECONDS,
        templates="".join(stanzas),
    )
    return (
        ConfigFile(name="agent.hcl", text=agent),
        ConfigFile(name="ca.pem", text=ca_certificate),
        ConfigFile(name="role_id", text=role_id),
        *templates.values(),
    )


def _source(service: Rendered, name: str) -> str:
    """Where the template of a service's file lies below the configuration folder; never hidden."""
    return f"templates/{service.folder.rsplit('/', 1)[-1]}/{name.lstrip('.')}.ctmpl"


class _Value(NamedTuple):
    """A field of an entry."""

    entry: str
    field: str


def _templates(service: Rendered) -> Iterable[tuple[str, str]]:
    """Name and template of each file, the version last.

    The version's template also reads what any other one reads: the agent goes through its templates in order
    and leaves out those whose values have not arrived, so this one never overtakes another.
    """
    read: list[str] = []
    for file in service.files:
        parts = [part if isinstance(part, str) else _value(service.entry, part) for part in file.parts]
        read += [part.entry for part in parts if isinstance(part, _Value)]
        yield file.name, _template(parts)
    yield VERSION_FILE, _template([_Value(service.entry, VERSION_FIELD)], also=read)


def _value(entry: str, ref: SecretRef) -> _Value:
    return _Value(external_path(ref.name), EXTERNAL_FIELD) if is_external(ref) else _Value(entry, ref.name)


def _template(parts: Sequence[str | _Value], *, also: Iterable[str] = ()) -> str:
    """The parts one after another, within the reads that they need and those of the entries in `also`.

    Everything is inside of an action, so the file gets the parts' bytes and nothing else. A field that is
    missing would be written as `<no value>`; `slice` refuses it.
    """
    entries = dict.fromkeys([*(part.entry for part in parts if isinstance(part, _Value)), *also])
    variables = {entry: f"$entry{number}" for number, entry in enumerate(entries)}
    actions: list[str] = []
    for entry, variable in variables.items():
        actions += [f"with secret {_quoted(_data_path(entry))}", f"{variable} := .Data.data"]
    for part in parts:
        if isinstance(part, str):
            actions.append(_quoted(part))
        else:
            actions.append(f"slice (index {variables[part.entry]} {_quoted(part.field)}) 0")
    actions += ["end"] * len(variables)
    return "".join(f"{{{{ {action} }}}}" for action in actions)


def _quoted(text: str) -> str:
    """A literal of Go's; JSON escapes what Go cannot take, and Go knows each of these escapes."""
    return json.dumps(text, ensure_ascii=False)


def _data_path(entry: str) -> str:
    return f"{MOUNT}/data/{entry}"
