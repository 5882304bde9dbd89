"""Grafana: where it keeps its state, whom it lets in, and what it is given to show."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from components.catalogue.grafana import grafana
from components.catalogue.swarm import swarm
from components.model.access import Flow
from components.model.endpoints import ManagedEndpoint
from components.model.specs import ServiceSpec
from tests.unit.components.stacks import STACKS, settings

BOARDS = {"overview.json": json.dumps({"uid": "overview", "title": "Overview"})}


def endpoint(name: str, port: int) -> ManagedEndpoint:
    return ManagedEndpoint(service=f"oracle-{name}", host=f"oracle-{name}", port=port)


def made(*, alerts: bool = True, dashboards: dict[str, str] | None = None) -> ServiceSpec:
    return grafana(
        settings("lab"),
        node="oracle",
        prometheus=endpoint("prometheus", 9090),
        alertmanager=endpoint("alertmanager", 9093) if alerts else None,
        dashboards=BOARDS if dashboards is None else dashboards,
    )


def files(spec: ServiceSpec) -> dict[str, str]:
    assert spec.configuration is not None
    return {file.name: file.text for file in spec.configuration.files}


def test_figures_and_alerts_have_the_uids_that_dashboards_name() -> None:
    sources = yaml.safe_load(files(made())["datasources/swarm.yml"])["datasources"]

    assert {source["uid"]: source["url"] for source in sources} == {
        "prometheus": "http://oracle-prometheus:9090",
        "alertmanager": "http://oracle-alertmanager:9093",
    }
    assert all(source["access"] == "proxy" and not source["editable"] for source in sources)


def test_nobody_to_tell_of_alerts_is_no_source() -> None:
    sources = yaml.safe_load(files(made(alerts=False))["datasources/swarm.yml"])["datasources"]

    assert [source["uid"] for source in sources] == ["prometheus"]
    assert Flow(to="oracle-alertmanager", port="http") not in made(alerts=False).talks_to


def test_given_dashboards_lie_where_the_provider_looks() -> None:
    spec = made()
    assert spec.configuration is not None
    (provider,) = yaml.safe_load(files(spec)["dashboards/swarm.yml"])["providers"]
    folder = Path(provider["options"]["path"]).relative_to(spec.configuration.folder)

    assert files(spec)[f"{folder}/overview.json"] == BOARDS["overview.json"]
    assert spec.env["GF_PATHS_PROVISIONING"] == spec.configuration.folder
    assert "dashboards/swarm.yml" not in files(made(dashboards={}))


@pytest.mark.parametrize("stack", STACKS)
def test_prometheus_gets_in_with_the_password_that_grafana_asks_for(stack: str) -> None:
    specs = {spec.full_name: spec for each in swarm(settings(stack)).values() for spec in each}
    spec, metrics = specs["oracle-grafana"], specs["oracle-grafana"].metrics
    assert metrics is not None
    assert metrics.credentials is not None

    (asked,) = (
        file for file in spec.secrets if file.path == spec.env["GF_METRICS_BASIC_AUTH_PASSWORD__FILE"]
    )
    assert asked.parts == metrics.credentials.parts
    assert metrics.username == spec.env["GF_METRICS_BASIC_AUTH_USERNAME"]
    assert metrics.credentials in specs["oracle-prometheus"].secrets


def test_every_secret_comes_from_a_file_that_is_there() -> None:
    spec = made()
    named = {value for name, value in spec.env.items() if name.endswith("__FILE")}

    assert named == {file.path for file in spec.secrets}
    assert not [name for name in spec.env if name.endswith(("_PASSWORD", "_SECRET_KEY"))]


@pytest.mark.parametrize("status", [0, 1])
def test_the_operators_account_gets_the_present_password_before_the_start(
    tmp_path: Path, status: int
) -> None:
    """The image's own script must find no secret in its environment: it refuses value and file together."""
    for file in ("database_password", "admin_password", "secret_key"):
        (tmp_path / file).write_text(f"the {file}")
    program, then = tmp_path / "grafana", tmp_path / "run.sh"
    program.write_text(
        f'#!/bin/sh\necho "$GF_DATABASE_PASSWORD, $(cat)" >{tmp_path}/asked\n'
        f'echo "$@" >{tmp_path}/arguments\nexit {status}\n'
    )
    then.write_text("#!/bin/sh\necho started; env\n")
    for each in (program, then):
        each.chmod(0o755)
    script = files(made())["start.sh"].replace("/run/secrets", str(tmp_path)).replace("/run.sh", str(then))

    done = subprocess.run(
        ["/bin/sh", "-c", script],
        env={
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "GF_PATHS_HOME": "/home",
            "GF_PATHS_CONFIG": "/etc/g.ini",
        },
        capture_output=True,
        text=True,
        check=True,
    )

    assert (tmp_path / "asked").read_text() == "the database_password, the admin_password\n"
    assert "the admin_password" not in (tmp_path / "arguments").read_text()
    assert done.stdout.startswith("started")
    assert "PASSWORD" not in done.stdout
    assert ("keeps the password" in done.stderr) is (status != 0)
