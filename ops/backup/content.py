"""What a restored server holds, held against what the program declares."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_network

from components.catalogue.swarm import swarm
from components.catalogue.vault import contents
from components.model.secrets import SecretSource
from components.model.vault import VERSION_FIELD, NodeAccess, Vault
from components.render.openbao import EXTERNAL_FIELD, NODES_MOUNT, PULUMI_ROLE, external_path
from ops.backup.checks import FindingError, find_nothing
from ops.backup.declared import differing
from ops.backup.scratch import Answer, Scratch
from ops.backup.source import Source
from ops.stack import Stack

ELSEWHERE = "192.0.2.1"
"""An address that no node has (RFC 5737)."""

_PROGRAM = "program"
_BOUND = "CIDR restrictions"
"""What the server says of a right id from a wrong address; it refuses a wrong id before, in other words."""


@dataclass(frozen=True)
class Content:
    """A restored server, asked with the logins that the backup should hold."""

    scratch: Scratch
    stack: Stack
    source: Source

    @property
    def vault(self) -> Vault:
        """What the program declares."""
        return contents(self.stack.settings, swarm(self.stack.settings))

    def log_in(self) -> None:
        """Log in as the program.

        Raises:
            FindingError: It is refused.
        """
        secret_id = self.source.pulumi_id
        _accepted(self.scratch.login(_PROGRAM, mount=PULUMI_ROLE, role=PULUMI_ROLE, secret_id=secret_id))

    def entries(self) -> str:
        """Compare every entry with the state, in memory.

        Raises:
            FindingError: Any is missing or holds something else.
        """
        accesses = self.vault.nodes.values()
        declared = {entry.path for access in accesses for entry in access.entries.values()}
        answers = self._values(_PROGRAM, declared | set(self.source.entries))
        find_nothing(f"{path}: {said}" for path, answer in answers if (said := self._otherwise(path, answer)))
        return f"entries compared: {len(answers)}"

    def _otherwise(self, path: str, answer: Answer) -> str:
        known = self.source.entries.get(path)
        if known is None:
            return "must be in the state, got nothing; pulumi up"
        if isinstance(answer, str):
            return answer
        names = differing(known.values, answer)
        return (
            f"must be as in the state, got other {', '.join(names)}; changed since the backup?"
            if names
            else ""
        )

    def policies(self) -> str:
        """Compare the nodes' policies, and look for their roles.

        Raises:
            FindingError: Any is missing or another one.
        """
        roles = {access.role: access for access in self.vault.nodes.values()}
        written = {f"sys/policies/acl/{role}": access.policy.strip() for role, access in roles.items()}
        paths = [*written, *(f"auth/{NODES_MOUNT}/role/{role}" for role in roles)]
        answers = self.scratch.read(_PROGRAM, paths)
        find_nothing(f"{path}: {answer}" for path, answer in answers.items() if isinstance(answer, str))
        other = [
            path for path, text in written.items() if str(_field(answers[path], "policy")).strip() != text
        ]
        find_nothing(
            f"{path}: must be as declared, got another one; changed since the backup?" for path in other
        )
        return f"roles and policies compared: {len(roles)}"

    def put_in_by_hand(self) -> str:
        """Look for the keys that only the server holds; not even the program may read them.

        Raises:
            FindingError: Any is missing.
        """
        names = sorted(self.stack.settings.keys_in_vault)
        paths = {f"{self.vault.mount}/metadata/{external_path(name)}": name for name in names}
        answers = self.scratch.read(_PROGRAM, paths)
        find_nothing(
            f"{paths[path]}: {answer}" for path, answer in answers.items() if isinstance(answer, str)
        )
        return ", ".join(names) or "none is set"

    def node(self, node: str, access: NodeAccess) -> str:
        """Log in as a node's agent, from its own address and from another one, and read what is the node's.

        Raises:
            FindingError: The login is not bound to the address, is refused there, or an entry is missing.
        """
        login = {"mount": NODES_MOUNT, "role": access.role, "secret_id": self.source.node_id(node)}
        elsewhere = self.scratch.login(node, **login, source=ELSEWHERE)
        if _BOUND not in elsewhere:
            got = elsewhere or "a token"
            raise FindingError(
                f"must be refused for its address alone when it comes from {ELSEWHERE}, got {got}"
            )
        address = _address(access)
        _accepted(self.scratch.login(node, **login, source=address))
        expected = dict(self._fields(node, access))
        answers = self._values(node, expected, address=address)
        find_nothing(
            f"{path}: {said}" for path, answer in answers if (said := _lacking(answer, expected[path]))
        )
        return f"from {address} and not from {ELSEWHERE}; entries read: {len(expected)}"

    def _fields(self, node: str, access: NodeAccess) -> Iterator[tuple[str, Collection[str]]]:
        """The entries that the node's services need, each with the names of its fields."""
        for entry in access.entries.values():
            yield entry.path, {VERSION_FIELD, *(ref.name for ref in entry.fields)}
        for spec in self.stack.on(node):
            for ref in spec.secret_references:
                if ref.source is SecretSource.VAULT:
                    yield external_path(ref.name), {EXTERNAL_FIELD}

    def _values(self, name: str, entries: Iterable[str], *, address: str = "") -> list[tuple[str, Answer]]:
        mount = self.vault.mount
        paths = {f"{mount}/data/{entry}": entry for entry in sorted(entries)}
        answers = self.scratch.read(name, paths, source=address)
        return [
            (
                paths[path],
                answer if isinstance(answer, str) else answer.get("data") or "its newest version is deleted",
            )
            for path, answer in answers.items()
        ]


def _accepted(refusal: str) -> None:
    if refusal:
        raise FindingError(f"must be accepted, got {refusal!r}")


def _address(access: NodeAccess) -> str:
    """An address within the role's bounds: the only one, or the first, which is that of Docker's gateway."""
    network = ip_network(access.cidrs[0])
    return str(network[0] if network.num_addresses == 1 else network[1])


def _lacking(answer: Answer, names: Collection[str]) -> str:
    if isinstance(answer, str):
        return answer
    lacking = sorted(name for name in names if not answer.get(name))
    return f"must have a value in {', '.join(lacking)}, got none" if lacking else ""


def _field(answer: Answer, name: str) -> object:
    return "" if isinstance(answer, str) else answer.get(name, "")
