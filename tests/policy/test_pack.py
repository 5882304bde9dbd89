"""The real pack process: it loads, is mandatory, and refuses through the engine's own protocol."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
import yaml
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import EnforcementLevel
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from policy import rules
from policy.rules.support.resources import CONTAINER, REMOTE_IMAGE, VOLUME
from policy.rules.support.rule import ResourceRule
from tests.policy import given, pack
from tests.policy.pack import Pack

FOLDER = pack.REPOSITORY / "policy"
RULES = [
    import_module(f"policy.rules.{found.name}").RULE
    for found in iter_modules(rules.__path__)
    if not found.ispkg
]
MANDATORY = analyzer_pb2.EnforcementLevel.MANDATORY

CONTAINER_ON_ORACLE = pack.resource(
    CONTAINER, given.CONTAINER_URN, given.container_props(), depends_on=(given.IMAGE_URN,)
)


@pytest.fixture(scope="module")
def running() -> Iterator[Pack]:
    with pack.running(FOLDER, {}) as process:
        yield process


def violations(response: analyzer_pb2.AnalyzeResponse) -> dict[str, str]:
    """Messages of mandatory rules by rule."""
    return {
        item.policyName: item.message for item in response.diagnostics if item.enforcementLevel == MANDATORY
    }


def test_every_rule_in_the_folder_is_in_the_pack_with_its_level(running: Pack) -> None:
    info = running.info()
    files = {file.stem.replace("_", "-") for file in (FOLDER / "rules").glob("[!_]*.py")}
    assert info.name == "aiswarm"
    assert {policy.name for policy in info.policies} == files
    assert files == {rule.name for rule in RULES}
    assert len({rule.id for rule in RULES}) == len(RULES)
    mandatory = {policy.name for policy in info.policies if policy.enforcementLevel == MANDATORY}
    assert mandatory == {rule.name for rule in RULES if rule.level is EnforcementLevel.MANDATORY}


def test_a_good_stack_passes(running: Pack) -> None:
    image = pack.resource(REMOTE_IMAGE, given.IMAGE_URN, given.image_props())
    assert not running.analyze(CONTAINER, "oracle-redis", given.container_props()).diagnostics
    data: given.Props = {"name": "oracle-redis-data", "labels": given.labels()}
    assert not running.analyze(VOLUME, "oracle-redis-data", data, protect=True).diagnostics
    # The rule on unpublished data advises against its port.
    assert violations(running.analyze_stack(*pack.nodes(), CONTAINER_ON_ORACLE, image)) == {}


def test_each_rule_on_a_resource_refuses_its_bad_container(running: Pack) -> None:
    root = running.analyze(CONTAINER, "oracle-redis", given.container_props(user="root"))
    privileged = running.analyze(CONTAINER, "oracle-redis", given.container_props(privileged=True))
    assert violations(root) == {
        "non-root-user": "Containers run as a numeric user other than root.\n"
        "oracle-redis.user on node oracle: must be a numeric uid or uid:gid with a uid other than 0, "
        "got 'root'; declare the user that the image is built for, e.g. 1000:1000"
    }
    assert violations(privileged).keys() == {"no-privileged-container"}
    assert root.diagnostics[0].urn == "urn:oracle-redis"


def test_an_image_for_another_platform_is_refused_at_the_image(running: Pack) -> None:
    image = pack.resource(REMOTE_IMAGE, given.IMAGE_URN, given.image_props(platform="linux/amd64"))
    response = running.analyze_stack(*pack.nodes(), CONTAINER_ON_ORACLE, image)
    assert violations(response) == {
        "platform-of-node": "Images are pulled for the platform of their node.\n"
        "oracle-redis-image.platform on host 100.64.0.1: must be linux/arm64, the platform of its node, "
        "got 'linux/amd64'; set it on the image"
    }
    assert response.diagnostics[0].urn == given.IMAGE_URN


def test_an_unknown_is_a_violation_and_not_a_remark(running: Pack) -> None:
    unknown = {"user": UNKNOWN_STRING_VALUE, "networkMode": UNKNOWN_STRING_VALUE}
    response = running.analyze(CONTAINER, "oracle-redis", given.container_props(**unknown))
    assert violations(response).keys() == {"non-root-user", "no-host-namespaces", "qdrant-untouched"}
    image = pack.resource(REMOTE_IMAGE, given.IMAGE_URN, given.image_props(platform=UNKNOWN_STRING_VALUE))
    assert (
        "unknown until the update"
        in violations(running.analyze_stack(*pack.nodes(), CONTAINER_ON_ORACLE, image)).popitem()[1]
    )


def test_an_unreadable_field_is_reported_once(running: Pack) -> None:
    unplaced = pack.resource(
        CONTAINER, given.CONTAINER_URN, given.container_props(), host=UNKNOWN_STRING_VALUE
    )
    found = violations(running.analyze_stack(*pack.nodes(), unplaced))["arm-image-on-arm-node"]
    line = "oracle-redis.provider.host on node oracle: must be text that is known at preview"
    assert found.count(line) == 1


def test_other_types_are_reported_as_not_judged(running: Pack) -> None:
    kind = "aiswarm:index:Service"
    response = running.analyze(kind, "oracle-redis", {})
    assert violations(response) == {}
    silent = {rule.name for rule in RULES if isinstance(rule, ResourceRule) and not rule.judges(kind)}
    assert {item.policy_name for item in response.not_applicable} == silent


def test_without_the_stacks_nodes_nothing_passes() -> None:
    with pack.running(FOLDER, {}) as process:
        image = pack.resource(REMOTE_IMAGE, given.IMAGE_URN, given.image_props())
        message = violations(process.analyze_stack(CONTAINER_ON_ORACLE, image))["arm-image-on-arm-node"]
        assert "\nnodes: must be declared in the stack, got none; declare each machine" in message
        assert violations(process.analyze_stack()) == {}


def test_a_rule_that_crashes_refuses_and_the_others_still_judge(tmp_path: Path) -> None:
    folder = tmp_path / "policy"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    rule = folder / "rules" / "non_root_user.py"
    rule.write_text(rule.read_text().replace('container.fields.text("user")', "1 / 0"))
    with pack.running(folder, {}) as process:
        found = violations(process.analyze(CONTAINER, "oracle-redis", given.container_props(privileged=True)))
    assert "got ZeroDivisionError at non_root_user.py:" in found["non-root-user"]
    assert "must be false, got true" in found["no-privileged-container"]


def test_the_pack_names_its_interpreter_by_a_path_that_holds_the_sdk() -> None:
    options = yaml.safe_load((FOLDER / "PulumiPolicy.yaml").read_text())["runtime"]["options"]
    assert options == {"toolchain": "pip", "virtualenv": "../.venv"}


def test_the_gate_shares_no_code_with_the_program() -> None:
    files = list(FOLDER.rglob("*.py"))
    imports = [
        line
        for file in files
        for line in file.read_text().splitlines()
        if line.startswith(("import ", "from "))
    ]
    roots = {line.split()[1].split(".")[0] for line in imports if not line.startswith("from .")}
    assert len(files) > len(RULES) > 0
    assert roots - sys.stdlib_module_names == {"google", "grpc", "pulumi", "pulumi_policy", "rules", "yaml"}
