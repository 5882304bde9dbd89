"""What an operator is told of a stack before anything of it is there."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from components.catalogue.railway import cloud
from components.config.settings import RailwaySettings
from components.model.access import Flow
from components.model.cloud import INCLUDED_DOLLARS, bill
from components.model.mounts import DataVolume
from components.model.parts import Limits, Port
from components.model.specs import ServiceSpec
from lab import environment, paths
from ops import cli, declared
from ops.plan import blast, capacity, order
from ops.plan.cost import costs
from ops.plan.outage import Outage, outages
from tests.components.deploying import complete
from tests.components.samples import SERVICES, bare, settings
from tests.ports import ANYONE


@pytest.fixture(autouse=True)
def no_lab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without a lab."""
    monkeypatch.setattr(environment, "config_file", lambda: tmp_path / "none")


def swarm(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["plan", *arguments], env={"COLUMNS": "220"})


def serving(name: str, *ports: str, node: str = "oracle", **more: object) -> ServiceSpec:
    """A service with published ports of these names, and connections `(name, port)`."""
    flows = tuple(Flow(to=to, port=port) for to, port in more.pop("to", ()))  # type: ignore[attr-defined]  # pairs
    given = tuple(
        Port(name=each, container=1024 + number, published=1024 + number, access=replace(ANYONE, people=True))
        for number, each in enumerate(ports)
    )
    return bare(name, node, ports=given, talks_to=flows, **more)


FRONT = serving(
    "haproxy",
    "https",
    "prometheus",
    to=(
        ("oracle-gateway", "http"),
        ("oracle-prometheus", "http"),
        ("starlord-big", "http"),
        ("thanos-small", "http"),
    ),
)
SWARM = (
    serving("redis", "redis"),
    serving("gateway", "http", to=(("oracle-redis", "redis"), ("qdrant", "http"))),
    serving("prometheus", "http"),
    FRONT,
    serving("grafana", to=(("oracle-prometheus", "http"),)),
    serving("big", "http", node="starlord", gpu_share=0.5),
    serving("small", "http", node="thanos", gpu_share=0.5),
    serving("chat", node="thanos", to=(("oracle-haproxy", "https"),)),
)


def away(name: str) -> blast.Blast:
    (found,) = (item for item in blast.blasts(SWARM, externals=["qdrant"]) if item.service == name)
    return found


def test_those_behind_a_touched_service_are_touched_too() -> None:
    found = away("oracle-redis")

    assert found.direct == ("oracle-gateway",)
    assert found.transitive == ("oracle-haproxy", "thanos-chat")
    assert found.covered_by == ()


def test_an_engine_is_covered_by_the_others_so_nobody_behind_the_proxy_notices() -> None:
    found = away("starlord-big")

    assert found.direct == ("oracle-haproxy",)
    assert found.transitive == ()
    assert found.covered_by == ("thanos-small",)


def test_the_only_engine_is_covered_by_nothing() -> None:
    alone = (
        serving("proxy", "https", to=(("starlord-big", "http"),)),
        SWARM[5],
        serving("ui", to=(("oracle-proxy", "https"),)),
    )

    found = blast.blasts(alone)[1]

    assert (found.covered_by, found.transitive) == ((), ("oracle-ui",))


def test_a_page_of_the_proxy_that_is_away_leaves_its_other_doors_alone() -> None:
    found = away("oracle-prometheus")

    assert found.direct == ("oracle-haproxy", "oracle-grafana")
    assert "thanos-chat" not in found.transitive


def test_what_is_not_ours_touches_those_who_use_it() -> None:
    found = away("qdrant")

    assert found.direct == ("oracle-gateway",)
    assert found.transitive == ("oracle-haproxy", "thanos-chat")


def test_doors_of_people_that_a_restart_closes() -> None:
    behind = ("oracle-gateway http", "oracle-haproxy https")

    assert away("oracle-redis").routes == ("oracle-redis redis", *behind)
    assert away("oracle-prometheus").routes == ("oracle-prometheus http", "oracle-haproxy prometheus")
    assert away("qdrant").routes == behind


def test_no_door_of_people_closes_while_another_engine_answers() -> None:
    assert away("starlord-big").routes == ()


def test_doors_between_programs_are_none_of_people() -> None:
    port = Port(name="http", container=1024, published=1024, access=ANYONE)

    assert blast.blasts([bare("quiet", ports=(port,))])[0].routes == ()


def test_two_that_need_each_other_touch_each_other_once() -> None:
    pair = (
        serving("a", "http", to=(("oracle-b", "http"),)),
        serving("b", "http", to=(("oracle-a", "http"),)),
    )

    found = blast.blasts(pair)

    assert [(item.direct, item.transitive) for item in found] == [(("oracle-b",), ()), (("oracle-a",), ())]


def test_secrets_come_before_those_who_need_them() -> None:
    every = complete(settings(), SERVICES)
    found = order.waves([spec for node in ("starlord", "thanos", "oracle") for spec in every[node]])

    assert found[0] == ("oracle-vault", "thanos-chat")
    assert set(found[1]) == {"oracle-agent", "starlord-agent"}
    assert set(found[2]) == {"oracle-postgres", "starlord-vllm"}
    assert found[3] == ("oracle-haproxy",)


def test_every_service_of_the_catalogue_starts_exactly_once() -> None:
    services = declared.read("prod").services

    assert sorted(name for wave in order.waves(services) for name in wave) == sorted(
        spec.full_name for spec in services
    )


def test_sums_of_a_node() -> None:
    specs = (
        bare(
            "a", limits=Limits(memory_mib=1000, cpus="1.0"), volumes=(DataVolume(name="d", path="/d", gib=5),)
        ),
        bare("b", limits=Limits(memory_mib=500, cpus="1.0")),
    )

    found = capacity.needs("oracle", settings().nodes.oracle, specs)

    assert (found.limits_mib, found.free_mib, found.disk_gib) == (1500, 8192 - 1024 - 1500, 5)


@pytest.mark.parametrize("stack", ["prod", "lab"])
def test_the_committed_stacks_leave_every_node_its_reserve(stack: str) -> None:
    result = swarm("--stack", stack)

    assert result.exit_code == 0, result.stderr
    for shown in ("oracle-postgres", "start order", "covered by", "thanos-vllm-backup"):
        assert shown in result.stdout


def test_a_node_that_is_asked_for_too_much_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = yaml.safe_load((paths.REPO / "Pulumi.prod.yaml").read_text())
    document["config"]["aiswarm:nodes"]["thanos"]["memory_mib"] = 5000
    file = tmp_path / "Pulumi.prod.yaml"
    file.write_text(yaml.safe_dump(document))
    monkeypatch.setenv("PULUMI_OPTION_CONFIG_FILE", str(file))

    result = swarm("--stack", "prod")

    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("thanos: must leave 4096 MiB beside all limits, got -")


def test_scripts_get_the_same_as_one_object() -> None:
    found = json.loads(swarm("--stack", "prod", "--json").stdout)

    plan = {"stack", "profile", "engines", "nodes", "start_order", "restarts", "railway"} | {
        "outages",
        "costs",
    }
    assert set(found) == plan
    oracle = found["nodes"][0]
    assert oracle["free_mib"] == oracle["memory_mib"] - oracle["reserved_mib"] - oracle["limits_mib"]
    assert oracle["limits_mib"] == sum(need["memory_mib"] for need in oracle["services"])
    covered = {item["service"]: item["covered_by"] for item in found["restarts"]}
    assert covered["starlord-vllm-primary"] == ["starlord-vllm-secondary", "thanos-vllm-backup"]


def test_bounds_of_a_replacement_are_those_of_the_spec() -> None:
    slow = bare("slow", stop_grace_seconds=60, start_timeout_seconds=600)

    assert outages([slow]) == (Outage(service="oracle-slow", stop_seconds=60, start_seconds=600),)


def test_a_budget_of_a_day_costs_thirty_times_as_much_a_month() -> None:
    found = {cost.name: cost.dollars_per_month for cost in costs(declared.read("prod").settings)}

    assert found == {"openrouter": 90, "gemini": 30, "perplexity": 30, "embedding": 30}


def test_the_cloud_costs_what_its_services_take_on_average() -> None:
    given = declared.read("prod").settings
    wanted = given.model_copy(update={"railway": RailwaySettings(enabled=True)})
    project = cloud(wanted)
    assert project is not None

    (found,) = (cost for cost in costs(wanted) if cost.name == "railway")

    assert found.dollars_per_month == bill(project) >= INCLUDED_DOLLARS


def test_an_unknown_stack_is_refused_in_one_line() -> None:
    assert isinstance(swarm("--stack", "prd").exception, declared.StackFileError)
