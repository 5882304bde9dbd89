"""What a node's containers may take together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from policy.rules.memory_of_node import judge
from policy.rules.support.fields import Marker
from policy.rules.support.problems import UnreadableError
from policy.rules.support.resources import Resource
from tests.policy import given

ADDRESSES = {"oracle": given.ARM_ADDRESS, "starlord": given.AMD_ADDRESS}
FREE = 3072
"""MiB of oracle beside its reserve."""


def lines(*resources: Resource, nodes: Sequence[Resource] = ()) -> list[str]:
    return [str(problem) for _, problem in judge([*(nodes or given.nodes()), *resources])]


def container(name: str, memory: object, node: str = "oracle") -> Resource:
    return _at(replace(given.container(memory=memory), name=name, urn=f"urn::{name}"), node)


def volume(name: str, options: str | None, node: str = "oracle", **changes: object) -> Resource:
    opts: given.Props = {"type": "tmpfs", "device": "tmpfs", "o": options, **changes}
    return _at(replace(given.volume(driverOpts=opts), name=name, urn=f"urn::{name}"), node)


def _at(resource: Resource, node: str) -> Resource:
    return replace(resource, provider=given.provider(**given.provider_props(ADDRESSES[node])))


def test_limits_that_fill_the_node_to_its_reserve_pass() -> None:
    assert lines(container("a", 2048.0), container("b", 1023.0), volume("v", "size=1m")) == []


def test_one_more_is_too_much_and_is_shown_at_the_node() -> None:
    many = [container("a", 2048.0), container("b", 1000.0), container("c", 24.0), volume("v", "size=1m")]
    ((urn, problem),) = judge([*given.nodes(), *many])
    assert urn == given.node("oracle").urn
    assert str(problem) == (
        "oracle.memory_mib: less the reserve of 1024 must hold all limits, 3073 MiB, got 3072 MiB; "
        "lower some; the largest are a 2048, b 1000, c 24"
    )


def test_each_node_is_counted_alone() -> None:
    assert lines(container("a", 3000.0), container("b", 3000.0, "starlord")) == []


def test_what_a_container_keeps_in_memory_is_in_its_limit() -> None:
    own = given.container(memory=3072.0, shmSize=2048.0, tmpfs={"/tmp": "size=1g"})
    assert lines(own) == []


@pytest.mark.parametrize(
    ("options", "fits"),
    [
        ("uid=1,size=1024m,mode=0700", True),
        ("size=1025m", False),
        ("size=1G", True),
        ("size=1048576k", True),
        ("size=1073741825", False),
        ("size=9g,size=1m", True),
    ],
)
def test_sizes_are_read_as_mount_reads_them(options: str, fits: bool) -> None:
    assert (lines(container("a", 2048.0), volume("v", options)) == []) == fits


@pytest.mark.parametrize("options", ["mode=0700", "", None, "size=50%", "size=0", "size=much"])
def test_a_volume_in_memory_without_a_size_is_refused(options: str | None) -> None:
    (line,) = lines(volume("v", options))
    assert line == (
        "v.driverOpts.o on node oracle: must give the size of a volume in memory, e.g. size=1m, got none; "
        "add it"
    )


def test_a_volume_on_disk_counts_nothing() -> None:
    assert lines(given.volume(), volume("v", "bind", type="none", device="/opt/swarm/x")) == []


@pytest.mark.parametrize("memory", [None, 0.0, -1.0])
def test_a_container_without_a_limit_cannot_be_counted(memory: float | None) -> None:
    (line,) = lines(container("a", memory))
    assert line == "a.memory on node oracle: must be known to be counted for the node, got no limit; set it"


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        (container("a", Marker.UNKNOWN), "a.memory"),
        (container("a", "512m"), "a.memory"),
        (volume("v", "size=1m", type=Marker.UNKNOWN), "v.driverOpts.type"),
        (replace(given.volume(driverOpts=Marker.UNKNOWN), name="v"), "v.driverOpts"),
    ],
)
def test_what_cannot_be_read_is_refused(resource: Resource, path: str) -> None:
    (line,) = lines(resource)
    assert line.startswith(f"{path} on node oracle: must be ")


def test_containers_need_nodes() -> None:
    assert list(judge([])) == []
    with pytest.raises(UnreadableError, match="nodes: must be declared"):
        list(judge([given.container()]))


SIZES = st.integers(1, 60)


@over(
    st.fixed_dictionaries({name: st.tuples(st.integers(0, 100), st.integers(0, 40)) for name in ADDRESSES}),
    st.lists(st.tuples(st.sampled_from(sorted(ADDRESSES)), SIZES), max_size=6),
    st.lists(st.tuples(st.sampled_from(sorted(ADDRESSES)), SIZES), max_size=4),
)
def test_any_placement_is_judged_as_filling_mebibyte_by_mebibyte_does(
    machines: dict[str, tuple[int, int]], limits: list[tuple[str, int]], sizes: list[tuple[str, int]]
) -> None:
    nodes = [
        given.node(name, memory_mib=float(memory), reserved_mib=float(reserve))
        for name, (memory, reserve) in machines.items()
    ]
    placed = [container(f"c{number}", float(size), node) for number, (node, size) in enumerate(limits)]
    placed += [volume(f"v{number}", f"size={size}m", node) for number, (node, size) in enumerate(sizes)]

    expected = set()
    for name, (memory, reserve) in machines.items():
        slots = memory - reserve
        for node, size in [*limits, *sizes]:
            for _ in range(size if node == name else 0):
                slots -= 1
        if slots < 0 and (any(node == name for node, _ in [*limits, *sizes]) or memory < reserve):
            expected.add(name)

    found = {urn.rpartition("::")[2] for urn, _ in judge([*nodes, *placed])} if placed else expected
    assert found == expected
