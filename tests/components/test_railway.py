"""The auxiliary cloud as the engine sees it: order, secrets, and what a preview must not need."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from components.config.errors import SettingsError, refuse
from components.config.settings import RailwaySettings
from components.deploy.railway import cloud_references, deploy_cloud, find_railway_problems
from components.deploy.secrets import Secrets
from components.model.cloud import Cloud, CloudRole, CloudService, CloudVolume
from components.model.images import Image
from components.model.secrets import SecretRef, SecretSource
from tests.components.recording import Recording, is_secret, record

DIGEST = "0" * 64
WORKSPACE = "3d1e5fcb-7d0e-4b1c-9a55-0c1f5a9d2b10"
PASSWORD = SecretRef(name="cache-password")
KEY = SecretRef(name="router-key")


def service(name: str, **changes: object) -> CloudService:
    """A small one."""
    given: dict[str, object] = {
        "name": name,
        "role": CloudRole.WORKER,
        "image": Image(
            name=name,
            reference=f"example/{name}:1@sha256:{DIGEST}",
            platforms=("linux/amd64",),
            user="1000:1000",
        ),
        "vcpus": 0.5,
        "memory_gb": 0.5,
        "typical_vcpus": 0.1,
        "typical_memory_gb": 0.1,
        **changes,
    }
    return CloudService(**given)  # type: ignore[arg-type]  # the test says which


CACHE = service(
    "cache",
    secrets={"PASSWORD": ("requirepass ", PASSWORD)},
    volume=CloudVolume(mount_path="/data"),
    root_reason="a test of volumes",
)
ROUTER = service(
    "router",
    role=CloudRole.BACKUP_ROUTER,
    secrets={"KEY": (KEY,)},
    variables={"CACHE": "${{cache.PASSWORD}}"},
    public=True,
    port=4000,
    after=("cache",),
)


def cloud(*services: CloudService, workspace_id: str = WORKSPACE) -> Cloud:
    return Cloud(
        project="swarm",
        environment="production",
        workspace_id=workspace_id,
        region="us-east4-eqdc4a",
        domain_label="aiswarm-router",
        services=services or (CACHE, ROUTER),
    )


def run(declared: Cloud, *, preview: bool = False, config: dict[str, str] | None = None) -> Recording:
    """What the whole program does about Railway."""

    def program() -> None:
        refuse(find_railway_problems(RailwaySettings(enabled=True), declared))
        secrets = Secrets("secrets", cloud_references(declared), {})
        deploy_cloud(declared, secrets, "test")

    return record(program, preview=preview, new=preview, config=config)


@pytest.fixture
def token(_no_token: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token in the environment."""
    monkeypatch.setenv("RAILWAY_API_TOKEN", "not-a-real-one")


@pytest.fixture(autouse=True)
def _no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAILWAY_API_TOKEN", raising=False)
    monkeypatch.delenv("RAILWAY_TOKEN", raising=False)


def before(recording: Recording, name: str) -> set[str]:
    """Everything that must be there before a resource, its ancestors' needs included."""
    needs = {found.name: found.needs for found in recording.registrations}
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        for needed in needs[waiting.pop()] - seen:
            seen.add(needed)
            waiting.append(needed)
    return seen


def shown(value: object) -> object:
    """What of the protocol's values anybody may see."""
    if isinstance(value, Mapping):
        return {} if is_secret(value) else {key: shown(each) for key, each in value.items()}
    return [shown(each) for each in value] if isinstance(value, list) else value


@pytest.mark.usefixtures("token")
def test_nothing_runs_before_everything_is_written() -> None:
    recording = run(cloud())

    assert before(recording, "railway-cache-deployment") >= {
        "railway-project",
        "railway-environment",
        "railway-cache-service",
        "railway-cache-volume",
        "railway-cache-variables",
        "railway-cache-settings",
    }
    assert "railway-cache-variables" in before(recording, "railway-cache-settings")
    assert "railway-cache-volume" in before(recording, "railway-cache-variables")
    assert "railway-router-deployment" in before(recording, "railway-router-domain")


@pytest.mark.usefixtures("token")
def test_railway_is_told_where_a_service_listens() -> None:
    """It asks for the health check there, and nowhere else."""
    recording = run(cloud())

    told = {
        name: recording.one(":Variables", f"railway-{name}-variables").inputs["variables"]
        for name in ("cache", "router")
    }
    assert told["router"]["PORT"] == "4000"
    assert "PORT" not in told["cache"]


@pytest.mark.usefixtures("token")
def test_a_service_comes_after_those_that_its_variables_refer_to() -> None:
    recording = run(cloud())

    assert "railway-cache-variables" in before(recording, "railway-router-variables")
    assert "railway-cache-deployment" in before(recording, "railway-router-deployment")


@pytest.mark.usefixtures("token")
def test_secrets_are_marked_and_stand_under_no_other_key() -> None:
    recording = run(cloud())

    for found in recording.registrations:
        if found.type.startswith("pulumi-python:"):
            for ref in (PASSWORD, KEY):
                assert f"generated-secrets-{ref.name}" not in json.dumps(shown(found.wire))
    sealed = recording.one(":Variables", "railway-cache-variables")
    assert sealed.inputs["sealed"] == {"PASSWORD": "requirepass generated-secrets-cache-password"}


@pytest.mark.usefixtures("token")
def test_the_token_is_no_input() -> None:
    for found in run(cloud()).registrations:
        assert "not-a-real-one" not in json.dumps(found.wire, default=str)


@pytest.mark.usefixtures("token")
def test_what_holds_data_is_protected() -> None:
    protected = {found.name for found in run(cloud()).registrations if found.request.protect}

    assert protected == {"railway-cache-volume"}


def test_a_preview_needs_no_token_and_says_what_up_will_need() -> None:
    recording = run(cloud(workspace_id=""), preview=True)

    (line,) = recording.log
    assert "RAILWAY_API_TOKEN must be set in the environment to a workspace token" in line
    assert "aiswarm:railway.workspace_id: must be set" in line
    assert recording.one(":Deployment", "railway-router-deployment")


def test_up_is_refused_without_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAILWAY_TOKEN", "a project's")

    with pytest.raises(SettingsError) as refusal:
        run(cloud())

    assert "railway.token: RAILWAY_API_TOKEN must be set" in str(refusal.value)
    assert "got only RAILWAY_TOKEN, which is not read" in str(refusal.value)


@pytest.mark.usefixtures("token")
def test_a_token_in_the_stack_file_is_refused() -> None:
    with pytest.raises(SettingsError, match="aiswarm:railway_token: must not be in the stack file"):
        run(cloud(), config={"aiswarm:railway_token": "a token"})


@pytest.mark.usefixtures("token")
def test_images_and_secrets_must_be_known_by_then() -> None:
    loose = Image(name="loose", reference="example/loose:1", platforms=(), user="1:1")
    given = SecretRef(name="gemini_api_key", source=SecretSource.CONFIGURED)

    with pytest.raises(SettingsError) as refusal:
        run(cloud(service("worker", image=loose, secrets={"KEY": (given,)})))

    assert "aiswarm:images.loose: must be pinned to a digest" in str(refusal.value)
    assert "aiswarm:gemini_api_key: must be set" in str(refusal.value)


def test_without_railway_there_is_nothing() -> None:
    assert find_railway_problems(RailwaySettings()) == []
    assert cloud_references(None) == ()
    assert record(lambda: deploy_cloud(None, Secrets("secrets", (), {}), "test")).all("RailwayProject") == []
