"""The tailnet's policy file.

Nodes are named by their addresses, and tagged: a device that carries a tag belongs to no person, so what its
owner may do is not open to it (Tailscale, "Tags"). Groups hold logins and nothing else, so the groups that
Tailscale keeps by itself stand in the rules where no logins are given.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from components.model.tailnet import OPERATORS, PEOPLE, Opening

TAG: Final = "tag:swarm"
_KEPT_BY_TAILSCALE: Final = {PEOPLE: "autogroup:member", OPERATORS: "autogroup:admin"}


def render_policy(
    *,
    addresses: Mapping[str, str],
    subnets: Mapping[str, str],
    logins: Mapping[str, Sequence[str]],
    openings: Sequence[Opening],
    listening: Mapping[str, frozenset[int]],
) -> str:
    """Text of the policy, with tests that Tailscale runs before it accepts a change.

    Args:
        addresses: Of the nodes by name.
        subnets: Of their Docker networks; advertised by each node and let in to by nobody.
        logins: By `PEOPLE` and `OPERATORS`; none means every member, or every administrator.
        openings: All that is let through.
        listening: The ports of each node that are not let through unless an opening has them.
    """
    groups = {f"group:{name}": list(logins[name]) for name in (PEOPLE, OPERATORS) if logins[name]}
    names = {name: _group(name, logins) for name in (PEOPLE, OPERATORS)}
    policy = {
        "groups": groups,
        "tagOwners": {TAG: [names[OPERATORS]]},
        "hosts": dict(addresses),
        "grants": [
            {
                "src": [names.get(opening.source, opening.source)],
                "dst": [opening.target],
                "ip": [f"tcp:{port}" for port in opening.ports],
            }
            for opening in openings
        ],
        "autoApprovers": {"routes": {subnet: [TAG] for subnet in subnets.values()}},
        "tests": list(_tests([*addresses, *groups], openings, listening)),
    }
    return json.dumps(policy, indent=2) + "\n"


def _group(name: str, logins: Mapping[str, Sequence[str]]) -> str:
    return f"group:{name}" if logins[name] else _KEPT_BY_TAILSCALE[name]


def _tests(
    sources: Sequence[str], openings: Sequence[Opening], listening: Mapping[str, frozenset[int]]
) -> Iterator[Mapping[str, object]]:
    """For each source every port of the other nodes: let through, or refused.

    Tailscale cannot test the groups that it keeps by itself, because nobody is said to be in them.
    """
    for source in sources:
        mine = [opening for opening in openings if opening.source == source.removeprefix("group:")]
        let = {(opening.target, port) for opening in mine for port in opening.ports}
        every = {(node, port) for node, ports in listening.items() if node != source for port in ports}
        yield {"src": source, "proto": "tcp", "accept": _places(let), "deny": _places(every - let)}


def _places(places: set[tuple[str, int]]) -> list[str]:
    return [f"{node}:{port}" for node, port in sorted(places)]
