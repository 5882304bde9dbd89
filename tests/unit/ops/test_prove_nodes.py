"""Places on the nodes: what counts as a finding, what as home, and what makes a search prove nothing."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable

import pytest

from ops.prove import nodes
from ops.prove.homes import homes
from ops.prove.needles import needles
from ops.prove.report import Outcome
from ops.prove.search import Runner, SearchError
from ops.stack import Stack

VALUES = {
    name: secrets.token_hex(20)
    for name in ("redis-password", "engine-key", "thanos-agent-id", "postgres-password", "litellm-salt-key")
}
KNOWN = tuple(VALUES)
WANTED = needles(VALUES)
REDIS, ENGINE, AGENT = VALUES["redis-password"], VALUES["engine-key"], VALUES["thanos-agent-id"]

Record = tuple[str, int, str]


def answering(*records: Record) -> Runner:
    """A search that has found these."""
    canary = ("canary", 0, WANTED.canary)
    printed = "".join(f"{path}\0{number}:{text}\n" for path, number, text in (*records, canary))
    return lambda *_: printed


def paths(outcome: Outcome) -> list[str]:
    return [finding.path for finding in outcome.findings]


def at_home(outcome: Outcome) -> dict[str, tuple[str, ...]]:
    return {each.home: each.names for each in outcome.allowed}


VOLUME = "/var/lib/docker/volumes/thanos-vllm-backup-secrets/_data"
MEMORY: tuple[Record, ...] = (("!tmpfs", 0, VOLUME),)
OWN_FILES: tuple[Record, ...] = (
    (f"{VOLUME}/engine_key", 0, ENGINE),
    ("/opt/swarm/agent/secrets/secret_id", 0, AGENT),
)


def files_of_thanos(stack: Stack, *records: Record) -> Outcome:
    return nodes.files(answering(*records), WANTED, stack.on("thanos"), KNOWN)


def test_values_at_home_are_the_control(lab_stack: Stack) -> None:
    outcome = files_of_thanos(lab_stack, ("!files", 7, ""), *MEMORY, *OWN_FILES)

    assert (outcome.findings, outcome.problems, outcome.searched) == ((), (), "7 files")
    assert at_home(outcome) == {
        "folder /opt/swarm/agent/secrets": ("thanos-agent-id",),
        "volume in memory thanos-vllm-backup-secrets": ("engine-key",),
    }


def test_a_value_that_is_not_found_at_home_proves_nothing(lab_stack: Stack) -> None:
    outcome = files_of_thanos(lab_stack, *MEMORY, OWN_FILES[0])

    assert outcome.findings == ()
    assert outcome.problems == (
        (
            "control failed: folder /opt/swarm/agent/secrets must hold thanos-agent-id, "
            "and the search did not find it"
        ),
    )


@pytest.mark.parametrize(
    "path",
    [
        "/tmp/file",
        "/opt/swarm/agent/secrets-of-others/file",
        "/opt/swarm/agent/.next/secrets/secret_id",
        "/opt/swarm/vllm-backup/secrets/engine_key",
        f"{VOLUME}-copy/engine_key",
    ],
)
def test_a_value_elsewhere_is_a_finding(lab_stack: Stack, path: str) -> None:
    outcome = files_of_thanos(lab_stack, *MEMORY, *OWN_FILES, (path, 3, ENGINE), (path, 99, ENGINE))

    (finding,) = outcome.findings
    assert (finding.path, finding.offset, finding.times) == (path, 3, 2)
    assert finding.source.names == ("engine-key",)


def test_a_secret_in_the_home_of_another_is_a_finding(lab_stack: Stack) -> None:
    outcome = files_of_thanos(lab_stack, *MEMORY, *OWN_FILES, (f"{VOLUME}/engine_key", 40, REDIS))

    assert [finding.source.names for finding in outcome.findings] == [("redis-password",)]


def test_a_volume_on_disk_is_no_home(lab_stack: Stack) -> None:
    outcome = files_of_thanos(lab_stack, *OWN_FILES)

    assert paths(outcome) == [f"{VOLUME}/engine_key"]
    assert ["vllm-backup-secrets must hold engine-key" in problem for problem in outcome.problems] == [True]


def test_what_could_not_be_read_is_a_problem(lab_stack: Stack) -> None:
    complaint = "grep: /etc/x: Input/output error"

    outcome = files_of_thanos(lab_stack, *MEMORY, *OWN_FILES, ("!problem", 0, complaint))

    assert outcome.problems == (complaint,)


def test_the_audit_log_has_its_own_line(lab_stack: Stack) -> None:
    log = "/var/lib/docker/volumes/oracle-vault-audit/_data/audit.log"
    oracle = lab_stack.on("oracle")

    outcome = nodes.files(answering((log, 0, REDIS)), WANTED, oracle, ())

    assert outcome.findings == ()
    assert nodes.audit_volume(oracle) == "oracle-vault-audit"
    assert nodes.audit_volume(lab_stack.on("thanos")) == ""


@pytest.mark.parametrize(("filled", "problems"), [(1, 0), (0, 1)])
def test_an_audit_log_must_hold_something(filled: int, problems: int) -> None:
    run = answering(("!files", 1, ""), ("!filled", filled, ""), ("/x/audit.log", 5, REDIS))

    outcome = nodes.audit_log(run, WANTED, "oracle-vault-audit")

    assert paths(outcome) == ["/x/audit.log"]
    assert len(outcome.problems) == problems


OUTER, INNER = "a" * 64, "b" * 64


def process(pid: int, what: str, value: str, name: str = "python3") -> Iterable[Record]:
    """A process in the inner of two control groups, with a value in its arguments or environment."""
    yield f"/proc/{pid}/{what}", 7, value
    yield f"!/proc/{pid}/cgroup", 0, OUTER
    yield f"!/proc/{pid}/cgroup", 70, INNER
    yield f"!/proc/{pid}/comm", 0, name


def processes_of(stack: Stack, node: str, container: str, *records: Record) -> Outcome:
    run = answering(("!processes", 9, ""), (f"!{INNER}", 0, container), *records)
    return nodes.processes(run, WANTED, stack.on(node), KNOWN)


def test_an_engine_may_have_its_key_in_its_environment(lab_stack: Stack) -> None:
    outcome = processes_of(lab_stack, "thanos", "thanos-vllm-backup", *process(12, "environ", ENGINE))

    assert (outcome.findings, outcome.problems, outcome.searched) == ((), (), "9 processes")
    assert at_home(outcome) == {"environment of thanos-vllm-backup": ("engine-key",)}
    assert all("vLLM has no option" in each.reason for each in outcome.allowed)


@pytest.mark.parametrize(
    ("container", "what", "value", "path"),
    [
        ("thanos-vllm-backup", "cmdline", ENGINE, "arguments of python3 in thanos-vllm-backup, process 12"),
        ("thanos-vllm-backup", "environ", REDIS, "environment of python3 in thanos-vllm-backup, process 12"),
        ("thanos-agent", "environ", ENGINE, "environment of python3 in thanos-agent, process 12"),
    ],
    ids=["arguments", "another's secret", "another container"],
)
def test_other_processes_may_not(lab_stack: Stack, container: str, what: str, value: str, path: str) -> None:
    outcome = processes_of(lab_stack, "thanos", container, *process(12, what, value))

    assert paths(outcome) == [path]
    assert ["environment of thanos-vllm-backup must hold" in each for each in outcome.problems] == [True]


def test_a_process_of_the_node_itself(lab_stack: Stack) -> None:
    outcome = processes_of(lab_stack, "thanos", "", ("/proc/5/cmdline", 0, REDIS), ("!/proc/5/comm", 0, "sh"))

    assert paths(outcome) == ["arguments of sh, process 5"]


def test_the_database_may_but_need_not_have_its_password_there(lab_stack: Stack) -> None:
    password = process(3, "environ", VALUES["postgres-password"], "postgres")

    with_it = processes_of(lab_stack, "oracle", "oracle-postgres", *password)
    without = processes_of(lab_stack, "oracle", "oracle-postgres")

    assert at_home(with_it) == {"environment of oracle-postgres": ("postgres-password",)}
    assert [["postgres" in problem for problem in each.problems] for each in (with_it, without)] == [
        [False],
        [False],
    ]


def test_every_secret_of_the_swarm_has_a_home(lab_stack: Stack) -> None:
    for node in lab_stack.nodes:
        own = homes(lab_stack.on(node))
        needed = {ref.name for spec in lab_stack.on(node) for ref in spec.secret_references}

        assert frozenset(needed) == frozenset().union(*(home.names for home in own if home.certain))
        assert all(home.reason for home in own)


CONTAINER = {
    "Id": "aaa",
    "Name": "/oracle-redis",
    "Config": {"Env": ["PATH=/bin", f"PASSWORD={REDIS}"], "Labels": {REDIS: "x"}, "Cmd": None},
    "HostConfig": {"Memory": 1},
}


def test_docker_objects_are_named_with_the_place_in_them() -> None:
    described: list[object] = [
        {"kind": "container"}, [CONTAINER, {"Name": "/clean"}],
        {"kind": "volume"}, [{"Name": "data", "Options": {"o": f"password={ENGINE}"}}],
        {"kind": "image"}, [{"Id": "sha256:1", "RepoTags": ["x:1"]}, {"Id": "sha256:2", "RepoTags": []}],
        {"image": "sha256:1", "history": {"CreatedBy": f"ENV X={ENGINE}"}},
    ]  # fmt: skip

    outcome = nodes.docker_objects(lambda *_: "\n".join(map(json.dumps, described)), WANTED)

    assert paths(outcome) == [
        "container oracle-redis: Config.Env[1]",
        "container oracle-redis: Config.Labels (name of a member)",
        "history of image sha256:1: CreatedBy",
        "volume data: Options.o",
    ]
    assert outcome.searched == "6 objects"


def test_docker_that_prints_something_else_is_an_error() -> None:
    with pytest.raises(SearchError, match="must print JSON"):
        nodes.docker_objects(lambda *_: '{"kind": "container"}\nPanic!', WANTED)


def test_container_logs_are_named() -> None:
    run = answering(("!container", 0, "a"), ("!container", 0, "b"), ("a", 5, REDIS), ("a", 500, REDIS))

    outcome = nodes.container_logs(run, WANTED)

    assert [(each.path, each.offset, each.times) for each in outcome.findings] == [("log of a", 5, 2)]
    assert outcome.searched == "2 logs"
