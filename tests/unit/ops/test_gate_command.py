"""`./swarm gate` as a workflow calls it: exit status, what is shown, and the files for others."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from junitparser import Failure, JUnitXml, Skipped
from typer.testing import CliRunner, Result

from lab import paths
from ops import cli
from ops.gate import rules, source
from ops.gate.rules import Rule
from ops.gate.verdict import OWN
from tests.unit.ops import streams
from tests.unit.ops.gate_samples import GRANTS, PACK, rule


@pytest.fixture(autouse=True)
def recorded_pack(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pack as it was when the streams were recorded."""
    pack: Mapping[str, Rule] = {
        **PACK,
        "no-lambda": rule("RLW-001", "no-lambda", "aws:lambda/function:Function"),
    }
    monkeypatch.setattr(rules, "load", lambda: pack)
    monkeypatch.setattr(rules, "granted", lambda stack, _: GRANTS if stack == "lab" else ())


def gate(*arguments: str, text: str | None = None) -> Result:
    return CliRunner().invoke(cli.app, ["gate", *arguments], env={"COLUMNS": "220"}, input=text)


def stream(name: str) -> str:
    return str(streams.FOLDER / f"{name}.ndjson")


@pytest.mark.parametrize(
    ("name", "status"),
    [("quiet", 0), ("image", 11), ("volume", 11), ("gone", 11), ("unknown", 12), ("refused", 12)],
)
def test_the_status_tells_why(name: str, status: int) -> None:
    assert gate(stream(name)).exit_code == status


def test_a_policy_that_refuses_has_a_status_of_its_own() -> None:
    violation = {
        "message": "It.\nnode: must not",
        "policyName": "non-root-user",
        "policyPackName": "aiswarm",
        "enforcementLevel": "mandatory",
    }

    done = gate("-", text="\n".join([json.dumps({"policyEvent": violation}), *streams.lines("image")]))

    assert done.exit_code == 10
    assert "lab: refused, 1 by policy, 1 by plan; 2 replace, 9 same, 1 update" in done.stdout


def test_people_see_what_was_found_and_what_is_excused() -> None:
    done = gate(stream("image"))

    assert (
        "oracle-redis on node oracle: must stay, as it is in use, got replace because of image" in done.stdout
    )
    assert "reads the machine's own figures" in done.stdout
    assert "lab: refused, 1 by plan; 2 replace, 9 same, 1 update" in done.stdout


def test_an_outage_is_allowed_by_name() -> None:
    done = gate(stream("image"), "--allow-replace", "oracle-redis", "--json")

    found = json.loads(done.stdout)
    assert done.exit_code == found["status"] == 0
    assert found["outages"] == ["oracle-redis"]


def test_scripts_read_the_verdict_as_json() -> None:
    found = json.loads(gate(stream("volume"), "--json").stdout)

    assert found["stack"] == "lab"
    assert found["status"] == 11
    assert found["changes"] == {"replace": 2, "same": 8}
    assert [(each["rule"], each["resource"], each["refused"]) for each in found["findings"]][:2] == [
        ("DAT-003", "oracle-redis-data", True),
        ("DAT-004", "oracle-redis-data", True),
    ]
    assert found["excused"][0] | {"urn": ""} == {
        "rule": "CTR-009",
        "resource": "thanos-node-exporter",
        "urn": "",
        "reason": "reads the machine's own figures",
        "owner": "operations",
        "days_left": found["excused"][0]["days_left"],
    }


def written(tmp_path: Path, name: str, option: str, *more: str) -> str:
    file = tmp_path / "report"
    gate(stream(name), option, str(file), *more)
    return file.read_text()


def test_markdown_shows_text_of_others_as_text(tmp_path: Path) -> None:
    evil = {
        "message": "x\n[a](http://e) <img> @all *b*",
        "policyName": "non-root-user",
        "policyPackName": "aiswarm",
        "enforcementLevel": "mandatory",
    }
    events = tmp_path / "events"
    events.write_text("\n".join([json.dumps({"policyEvent": evil}), *streams.lines("quiet")]))
    file = tmp_path / "gate.md"

    gate(str(events), "--markdown", str(file))

    text = file.read_text()
    assert text.startswith("### Gate: lab: refused, 1 by policy")
    assert "&#91;a&#93;(http://e) &#60;img&#62; &#64;all &#42;b&#42;" in text
    assert not {"<", "@"} & set(text)


def sarif(tmp_path: Path, name: str) -> dict[str, Any]:
    log = json.loads(written(tmp_path, name, "--sarif"))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    return dict(run)


def test_sarif_has_a_rule_for_each_result_and_all_of_the_pack(tmp_path: Path) -> None:
    run = sarif(tmp_path, "volume")
    known = run["tool"]["driver"]["rules"]

    assert {each["id"] for each in known} >= {
        *(each.id for each in PACK.values()),
        *(each.id for each in OWN),
    }
    assert all(known[each["ruleIndex"]]["id"] == each["ruleId"] for each in run["results"])
    (non_root,) = (each for each in known if each["id"] == "CTR-002")
    assert non_root["helpUri"] == "policy/docs/CTR-002.md"
    assert non_root["properties"] == {"tags": ["security", "CIS 5.4"], "security-severity": "9.5"}


def test_sarif_shows_levels_places_and_what_is_excused(tmp_path: Path) -> None:
    results = sarif(tmp_path, "volume")["results"]

    refused = next(each for each in results if each["ruleId"] == "DAT-003")
    assert refused["level"] == "error"
    assert refused["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "Pulumi.lab.yaml"
    assert refused["locations"][0]["logicalLocations"][0]["name"] == "oracle-redis-data"
    assert {each["level"] for each in results if each["ruleId"] == "open-files-limit"} == {"note"}
    (excused,) = (each for each in results if "suppressions" in each)
    assert excused["ruleId"] == "CTR-009"
    assert excused["suppressions"][0]["status"] == "accepted"
    assert "reads the machine's own figures" in excused["suppressions"][0]["justification"]


def test_sarif_knows_a_finding_again(tmp_path: Path) -> None:
    first, second = sarif(tmp_path, "volume"), sarif(tmp_path, "volume")
    prints = [each["partialFingerprints"]["swarmGate/v1"] for each in first["results"]]

    assert prints == [each["partialFingerprints"]["swarmGate/v1"] for each in second["results"]]
    assert len(set(prints)) == len(prints)


def test_junit_has_a_case_for_each_rule(tmp_path: Path) -> None:
    (suite,) = JUnitXml.fromstring(written(tmp_path, "volume", "--junit").encode())
    cases = {case.name.split()[0]: case.result for case in suite}

    assert [type(each) for each in cases["DAT-003"]] == [Failure]
    assert "oracle-redis-data" in cases["DAT-003"][0].message
    assert [type(each) for each in cases["RLW-001"]] == [Skipped]
    assert cases["CTR-002"] == []
    assert cases["EVI-001"] == []


def test_a_canary_refuses_and_is_in_no_report(tmp_path: Path) -> None:
    secret = secrets.token_urlsafe(24)
    canary, events = tmp_path / "canary", tmp_path / "events"
    canary.write_text(f"{secret}\n")
    leak = {"message": f"It.\nredis: {secret}", "policyName": "only-advice", "enforcementLevel": "advisory"}
    events.write_text("\n".join([json.dumps({"policyEvent": leak}), *streams.lines("quiet")]))
    files = [tmp_path / name for name in ("md", "sarif", "xml")]
    options = [
        text
        for pair in zip(("--markdown", "--sarif", "--junit"), map(str, files), strict=True)
        for text in pair
    ]

    done = gate(str(events), "--canary-file", str(canary), *options)

    assert done.exit_code == 11
    assert "SEC-005" in done.stdout
    for text in (done.output, *(file.read_text() for file in files)):
        assert secret not in text
    assert gate(stream("quiet"), "--canary-file", str(canary)).exit_code == 0


@pytest.mark.parametrize("arguments", [(), (stream("quiet"), "--stack", "lab")])
def test_events_come_from_one_place(arguments: tuple[str, ...]) -> None:
    done = gate(*arguments)

    assert done.exit_code == 2
    assert "must get either EVENTS or --stack" in done.stderr


def test_a_canary_file_without_a_secret_is_refused(tmp_path: Path) -> None:
    (tmp_path / "canary").write_text("")

    done = gate(stream("quiet"), "--canary-file", str(tmp_path / "canary"))

    assert done.exit_code == 2
    assert "--canary-file: must hold secrets" in done.stderr


def test_events_that_cannot_be_read_are_no_verdict(tmp_path: Path) -> None:
    done = gate(str(tmp_path / "nothing"))

    assert isinstance(done.exception, source.SourceError)
    assert str(done.exception) == f"{tmp_path / 'nothing'}: must be readable, got No such file or directory"


def test_broken_text_is_missing_evidence(tmp_path: Path) -> None:
    file = tmp_path / "events"
    file.write_bytes(b"\xff\xfe\n")

    assert gate(str(file)).exit_code == 12


SWITCHES = (
    "PULUMI_OPTION_IGNORE_PROTECT",
    "PULUMI_OPTION_POLICY_PACK_CONFIG",
    "PULUMI_OPTION_TARGET",
    "PULUMI_DEBUG_PROVIDERS",
    "PULUMI_DISABLE_PROVIDER_PREVIEW",
    "PYTHONPATH",
)
"""Variables with which a preview judges less, or something else."""


def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    """A program named `pulumi` that writes down how it was called."""
    program, called = tmp_path / "pulumi", tmp_path / "called"
    program.write_text(f'#!/bin/sh\n{{ pwd; echo "$@"; env | grep ^P[UY]; }} >{called}\n{script}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    for name in ("PULUMI_OPTION_CONFIG_FILE", "PULUMI_DIY_BACKEND_GZIP", *SWITCHES):
        monkeypatch.setenv(name, "true")
    monkeypatch.chdir(tmp_path)
    return called


def test_a_stack_is_previewed_with_the_pack_in_streaming_mode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = engine(tmp_path, monkeypatch, f"cat {stream('image')}; exit 1")

    done = gate("--stack", "staging", "--markdown", "gate.md")

    folder, arguments, *variables = called.read_text().splitlines()
    assert done.exit_code == 11
    assert folder == str(paths.REPO)
    assert arguments == "preview --stack staging --policy-pack policy --json --non-interactive"
    assert "PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true" in variables
    assert {"PULUMI_OPTION_CONFIG_FILE=true", "PULUMI_DIY_BACKEND_GZIP=true"} <= set(variables)
    assert not {line.partition("=")[0] for line in variables} & set(SWITCHES)
    assert (tmp_path / "gate.md").exists()


def test_an_engine_that_does_not_begin_is_no_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine(tmp_path, monkeypatch, "echo 'error: no stack named staging found' >&2; exit 255")

    done = gate("--stack", "staging")

    assert isinstance(done.exception, source.SourceError)
    assert "no stack named staging" in str(done.exception)
    assert done.exit_code == 1


def test_the_page_of_each_of_the_gates_own_rules_is_there() -> None:
    for each in OWN:
        file, _, anchor = each.page.partition("#")
        headings = [line for line in (paths.REPO / file).read_text().splitlines() if line.startswith("## ")]
        assert f"## {anchor.upper()}" in headings
