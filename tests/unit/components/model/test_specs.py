"""Rules that one spec keeps by itself, and names that must not move."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.model.files import Bootstrap, ConfigFile, Configuration
from components.model.forms import is_canonical_cpus
from components.model.images import Image
from components.model.mounts import Scratch
from components.model.parts import Health, Limits, Metrics, Port
from components.model.problems import SpecError
from components.model.secrets import SecretChange, SecretFile, SecretRef, SecretsFrom, SecretSource
from components.model.specs import ServiceSpec
from tests.ports import ANYONE

DIGEST = "0" * 64
IMAGE = Image(name="web", reference=f"web:1@sha256:{DIGEST}", platforms=("linux/amd64",), user="1000:1000")
SPEC = ServiceSpec(
    node="oracle",
    name="web",
    image=IMAGE,
    limits=Limits(memory_mib=64, cpus="0.5"),
    health=Health(test=("NONE",)),
    ports=(Port(name="http", container=8080),),
)


def as_the_provider_prints(hundredths: int) -> str:
    """Docker provider, `nanoInt64ToDecimalString`: 0.5 as `0.5`, 2 as `2.0`, but 10 as `10.`."""
    text = str(Decimal(hundredths) / 100)
    if "." in text:
        return text
    return f"{text}." if text.endswith("0") else f"{text}.0"


@given(hundredths=st.integers(min_value=10, max_value=9999))
def test_processors_pass_only_as_the_provider_prints_them(hundredths: int) -> None:
    printed = as_the_provider_prints(hundredths)
    spellings = {printed, f"{hundredths / 100:.2f}", f"{hundredths / 100:.3f}", f"{hundredths / 100:g}"}
    accepted = {spelling for spelling in spellings if is_canonical_cpus(spelling)}
    assert accepted == (set() if printed.endswith(".") else {printed})


@pytest.mark.parametrize(
    "text", ["2", "2.", ".5", "0.05", "0.0", "1.50", "10.0", "02.0", "1.234", "-1.0", ""]
)
def test_other_spellings_of_processors_are_refused(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        Limits(memory_mib=64, cpus=text)
    assert str(caught.value) == (
        "limits.cpus: must be at least 0.1, written like 2.0 or 0.5 without other trailing zeros, "
        f"and no whole ten, got {text!r}"
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "Web"}, "oracle.Web.name: must be lower-case words joined by -, got 'Web'"),
        (
            {"image": replace(IMAGE, user="root")},
            "oracle.web.user: must be numeric uid:gid, not root, got 'root'",
        ),
        ({"stop_grace_seconds": 0}, "oracle.web.stop_grace_seconds: must be positive, got 0"),
        (
            {"ports": (Port(name="http", container=1), Port(name="http", container=2))},
            "oracle.web.ports: must have unique names, got ['http', 'http']",
        ),
        (
            {"metrics": Metrics(port="admin")},
            "oracle.web.metrics.port: must be one of ['http'], got 'admin'",
        ),
        (
            {"scratch": (Scratch(path="cache"),)},
            "oracle.web.mounts: must be absolute paths, got 'cache'",
        ),
    ],
)
def test_broken_spec_names_service_and_field(changes: dict[str, object], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        replace(SPEC, **changes)  # type: ignore[arg-type]  # each case names fields of the spec
    assert str(caught.value) == message


@pytest.mark.parametrize("test", [(), ("CMD",), ("curl", "x"), ("NONE", "x")])
def test_health_check_without_command_is_refused(test: tuple[str, ...]) -> None:
    with pytest.raises(SpecError, match=r'^health.test: must be \("CMD", …\), \("CMD-SHELL", …\) or '):
        Health(test=test)


def test_an_image_without_digest_is_not_pinned() -> None:
    assert IMAGE.pinned
    assert not replace(IMAGE, reference="web:1").pinned


def test_an_image_without_tag_is_refused() -> None:
    with pytest.raises(SpecError) as caught:
        replace(IMAGE, reference="web")
    assert str(caught.value) == (
        "images.web.reference: must be repository:tag or repository:tag@sha256:<64 hex digits>, got 'web'"
    )


FILE = SecretFile(name="password", parts=("x", SecretRef(name="password")))
BY_HAND = SecretFile(name="key", parts=(SecretRef(name="gemini_api_key", source=SecretSource.VAULT),))
NAMESAKE = SecretFile(name="password", parts=("y",))
SAME = SecretFile(name="same", parts=(SecretRef(name="password"),))
FROM_HOST = {"secrets_from": SecretsFrom.HOST}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"secrets": (FILE,)},
            "oracle.web.entrypoint: must be given, because the container first waits for its secrets, got ()",
        ),
        (
            {"secrets": (FILE, NAMESAKE), "entrypoint": ("run",)},
            "oracle.web.secrets: must have unique names, got ['password', 'password']",
        ),
        (
            {"settle": ("true",)},
            (
                "oracle.web.settle: must be given where a changed secret is settled, and nowhere else, "
                "got ('true',)"
            ),
        ),
        (
            {"on_secret_change": SecretChange.SETTLE},
            "oracle.web.settle: must be given where a changed secret is settled, and nowhere else, got ()",
        ),
        (
            {"on_secret_change": SecretChange.RELOAD},
            (
                "oracle.web.on_secret_change: must not be reload without a configuration that reloads, "
                "got <SecretChange.RELOAD: 'reload'>"
            ),
        ),
        (
            {"secrets": (FILE,), **FROM_HOST},
            (
                "oracle.web.on_secret_change: must be notice for secrets delivered onto the disk, "
                "got <SecretChange.REPLACE: 'replace'>"
            ),
        ),
        (
            {"secrets": (BY_HAND,), "on_secret_change": SecretChange.NOTICE, **FROM_HOST},
            "oracle.web.secrets: must not come from the server, got ['gemini_api_key']",
        ),
    ],
)
def test_broken_promise_about_secrets_names_service_and_field(
    changes: dict[str, object], message: str
) -> None:
    with pytest.raises(SpecError) as caught:
        replace(SPEC, **changes)  # type: ignore[arg-type]  # each case names fields of the spec
    assert str(caught.value) == message


@pytest.mark.parametrize("name", ["", ".version", "../id", "folder/id", "/id", "two words", "id\n", "-x"])
def test_a_secret_file_must_have_a_plain_name(name: str) -> None:
    with pytest.raises(SpecError) as caught:
        SecretFile(name=name, parts=())
    assert str(caught.value) == (
        f"secrets.file: must be a file's name: letters, digits, _, and later . and -, got {name!r}"
    )


def test_what_says_which_values_the_others_are_has_no_namesake() -> None:
    """A secret of that name would take its place in the server, or in the agent's templates."""
    with pytest.raises(SpecError, match=r"^secrets\.file: must not be 'version', which is taken$"):
        SecretFile(name="version", parts=())
    with pytest.raises(SpecError, match=r"^secrets\.name: must not be 'version', which is taken$"):
        SecretRef(name="version")


def test_secrets_from_the_disk_are_not_rendered_and_all_others_are() -> None:
    changes = {"on_secret_change": SecretChange.NOTICE, **FROM_HOST}
    assert replace(SPEC, entrypoint=("run",), secrets=(FILE, BY_HAND)).rendered
    assert not replace(SPEC, secrets=(FILE,), **changes).rendered  # type: ignore[arg-type]  # as above
    assert not SPEC.rendered


def test_every_reference_is_found_once_whatever_needs_it() -> None:
    first, second = (SecretRef(name=name) for name in ("first", "second"))
    bootstrap = Bootstrap(
        folder="/first", file=SecretFile(name="id", parts=(first,)), generation=1, ready=(),
        ready_input=(first, "\n", second), retire=(),
    )  # fmt: skip
    spec = replace(SPEC, entrypoint=("run",), secrets=(FILE, SAME), bootstrap=bootstrap)
    assert [ref.name for ref in spec.secret_references] == ["password"]
    assert {ref.name for ref in spec.all_references} == {"password", "first", "second"}
    assert "/first" in spec.mount_paths


def test_group_of_root_is_allowed_because_images_are_built_for_it() -> None:
    assert replace(SPEC, image=replace(IMAGE, user="2000:0")).image.user == "2000:0"


def test_environment_cannot_change_after_the_spec_is_made() -> None:
    env = {"A": "1"}
    spec = replace(SPEC, env=env)
    env["A"] = "2"
    assert spec.env == {"A": "1"}


def test_missing_port_is_reported_with_the_service() -> None:
    with pytest.raises(SpecError) as caught:
        SPEC.port("admin")
    assert str(caught.value) == "oracle-web.ports: must have a port named 'admin'"


def test_a_port_inside_the_network_has_no_number_for_other_nodes() -> None:
    published = replace(SPEC, ports=(Port(name="http", container=8080, published=80, access=ANYONE),))
    assert published.published_port("http") == 80
    with pytest.raises(SpecError) as caught:
        SPEC.published_port("http")
    assert str(caught.value) == "oracle-web.ports: must publish the port named 'http'"


def test_digest_of_a_configuration_follows_text_name_and_mode_but_not_order() -> None:
    one, other = ConfigFile(name="a", text="1"), ConfigFile(name="b", text="2")

    def digest(*files: ConfigFile) -> str:
        return Configuration(folder="/etc/web", files=files).digest

    assert digest(one, other) == digest(other, one)
    changed = (replace(one, text="2"), replace(one, name="c"), replace(one, executable=True))
    assert len({digest(one, other), *(digest(file, other) for file in changed)}) == 4
