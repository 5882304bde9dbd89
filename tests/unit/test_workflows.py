"""Promises of the workflow that neither actionlint nor zizmor can know of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab import paths
from lab.engine import versions

FILES = sorted((paths.REPO / ".github" / "workflows").glob("*.yml"))
PULL_REQUEST = paths.REPO / ".github" / "workflows" / "pull-request.yml"


def jobs() -> dict[str, Any]:  # a document without a schema here
    return dict(yaml.safe_load(PULL_REQUEST.read_text())["jobs"])


def steps(job: dict[str, Any]) -> Iterator[str]:
    """Everything that a job runs."""
    yield from (str(step.get("run", "")) for step in job["steps"])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_actions_are_pinned_to_a_commit_and_say_which_version_that_is(file: Path) -> None:
    used = re.findall(r"uses: (.*)", file.read_text())

    assert used
    assert [each for each in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each)] == []


def test_the_engine_is_the_one_that_the_lab_tests_with() -> None:
    (pinned,) = re.findall(r"pulumi-version: (\S+)", PULL_REQUEST.read_text())

    assert pinned == versions.dotted(versions.cli())


def test_only_the_comment_may_write_and_it_runs_nothing_of_the_change() -> None:
    writing = {name for name, job in jobs().items() if "write" in job["permissions"].values()}
    comment = jobs()["comment"]

    assert writing == {"comment"}
    assert comment["permissions"] == {"contents": "read", "pull-requests": "write"}
    checkouts = [
        step["with"] for step in comment["steps"] if step.get("uses", "").startswith("actions/checkout@")
    ]
    assert [each["ref"] for each in checkouts] == ["${{ github.event.pull_request.base.sha }}"]


def test_a_failed_preview_is_commented_all_the_same() -> None:
    (writing,) = (step for step in jobs()["preview"]["steps"] if "swarm comment" in step.get("run", ""))

    assert writing["if"] == "${{ !cancelled() }}"
    assert "!cancelled()" in jobs()["comment"]["if"]


def test_every_preview_is_judged_by_the_gate_also_where_it_failed() -> None:
    (judging,) = (step for step in jobs()["preview"]["steps"] if "swarm gate" in step.get("run", ""))

    assert judging["if"] == "${{ !cancelled() }}"
    assert "for stack in $STACKS" in judging["run"]
    assert judging["run"].rstrip().endswith('exit "$failed"')


def test_a_change_is_compared_with_its_base_and_judged_by_its_policies() -> None:
    text = "".join(steps(jobs()["preview"]))

    assert '.ci/preview "$stack" "../seen/judged-$stack.ndjson" . ../base' in text
    assert '--base "../seen/base-$stack.ndjson"' in text
    assert '--base-judged "../seen/judged-$stack.ndjson"' in text
    assert '--gate "../seen/gate-$stack.json"' in text


def test_a_label_that_comes_or_goes_is_a_run_of_its_own() -> None:
    labels = re.findall(r"labels\.\*\.name, '([a-z-]+)'\)", PULL_REQUEST.read_text())
    document = yaml.safe_load(PULL_REQUEST.read_text())
    types = document[True]["pull_request"]["types"]  # `on` is true in YAML 1.1

    assert labels == ["allow-replace", "allow-loss", "allow-policy-change"]
    assert {"opened", "synchronize", "reopened", "labeled", "unlabeled"} == set(types)


def test_every_stack_is_previewed_with_the_policies() -> None:
    """But the lab's: its images are there only once `make up` has built them (tests/e2e/test_policies.py)."""
    committed = {file.name.split(".")[1] for file in paths.REPO.glob("Pulumi.*.yaml")} - {"lab"}
    job = jobs()["preview"]

    assert set(job["env"]["STACKS"].split()) == committed
    assert [text.count("for stack in $STACKS") for text in steps(job) if "$stack" in text] == [1, 1, 1, 1]
    assert '--policy-pack "$kept/judge/policy"' in (paths.REPO / ".ci" / "preview").read_text()
