"""Every alert comes when it shall and stays away when it shall not, as Prometheus itself computes it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
import yaml

from components.catalogue.swarm import swarm
from components.model.files import ConfigFile
from components.model.mounts import Scratch
from components.model.specs import ServiceSpec
from lab import images
from lab.steps import Steps
from tests.e2e.alert_cases import CASES, STEP_SECONDS, Case
from tests.e2e.containers import Said, Workbench, workbench
from tests.unit.components.stacks import settings


def prometheus() -> ServiceSpec:
    """The server of a swarm that may ask a company, and so has budgets."""
    made = settings("prod", keys_in_vault={"openrouter_api_key": 1})
    return next(spec for spec in swarm(made)["oracle"] if spec.name == "prometheus")


SERVICE = prometheus()
_FILES = SERVICE.configuration.files if SERVICE.configuration else ()
(_RULES,) = (file for file in _FILES if file.name == "alerts.yml")
RULES: Mapping[str, Mapping[str, Any]] = {
    rule["alert"]: rule for group in yaml.safe_load(_RULES.text)["groups"] for rule in group["rules"]
}


def test_every_alert_has_its_case() -> None:
    assert set(CASES) == set(RULES)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    with workbench(tmp_path_factory.mktemp("alerts"), images.ensure(Steps())) as made:
        yield made


def judge(bench: Workbench, *tests: Mapping[str, object]) -> Said:
    """Ask promtool."""
    document = {
        "rule_files": ["alerts.yml"],
        "evaluation_interval": f"{STEP_SECONDS}s",
        "tests": list(tests),
    }
    assert SERVICE.configuration is not None
    case = ConfigFile(name="test.yml", text=yaml.safe_dump(document, sort_keys=False))
    configuration = replace(SERVICE.configuration, files=(_RULES, case))
    service = replace(SERVICE, configuration=configuration, secrets=(), scratch=(Scratch(),))
    return bench.run(service, "promtool", "test", "rules", f"{configuration.folder}/test.yml")


def course(name: str, case: Case, series: Mapping[str, str]) -> Mapping[str, object]:
    """One course of events in promtool's form, in which the alert shall not come."""
    return {
        "interval": f"{STEP_SECONDS}s",
        "input_series": [{"series": each, "values": values} for each, values in series.items()],
        "alert_rule_test": [{"eval_time": f"{case.after_minutes}m", "alertname": name, "exp_alerts": []}],
    }


def found(said: Said, kind: str) -> list[dict[str, str]]:
    """The labels or annotations of the alerts that promtool did not expect."""
    lines = re.findall(rf"^ *{kind}:{{(.*)}}$", said.text, re.MULTILINE)
    return [dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', line)) for line in lines]


@pytest.mark.parametrize("name", CASES)
def test_it_comes_and_says_who_it_is_about(bench: Workbench, name: str) -> None:
    """Nothing is expected of promtool, so it tells what has come."""
    case = CASES[name]

    said = judge(bench, course(name, case, case.series))

    assert found(said, "Labels") == [{"alertname": name, **RULES[name]["labels"], **case.labels}], said.text
    (notes,) = found(said, "Annotations")
    assert case.labels["node"] in notes["summary"]
    assert "no value" not in notes["summary"]


@pytest.mark.parametrize("name", CASES)
def test_it_stays_away_while_nothing_is_wrong(bench: Workbench, name: str) -> None:
    case = CASES[name]

    said = judge(bench, course(name, case, case.calm))

    assert said.status == 0, said.text
