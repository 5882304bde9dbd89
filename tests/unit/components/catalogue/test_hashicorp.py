"""The swarm with HashiCorp Vault in OpenBao's place, as far as it can be said without running it."""

from __future__ import annotations

import json

import pytest

from components.catalogue import vault
from components.catalogue.swarm import swarm
from components.config.errors import SettingsError
from components.config.load import parse
from components.config.settings import Settings
from components.model.checks import find_problems
from components.model.secrets import SecretSource
from components.model.specs import ServiceSpec
from tests.unit.components.stacks import STACKS, raw, settings

TRANSIT = {"address": "https://100.64.0.9:8200", "key_name": "swarm"}
CHOSEN: dict[str, object] = {"vault__product": "vault", "vault__transit": TRANSIT}
PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
TOKEN = "vault_transit_token"  # noqa: S105 - the name of a key


def services(found: Settings) -> dict[str, ServiceSpec]:
    return {spec.full_name: spec for specs in swarm(found).values() for spec in specs}


def server(**changes: object) -> ServiceSpec:
    return services(settings("prod", **{**CHOSEN, **changes}))["oracle-vault"]


def file(spec: ServiceSpec, name: str) -> str:
    assert spec.configuration is not None
    (text,) = (each.text for each in spec.configuration.files if each.name == name)
    return text


def shown(spec: ServiceSpec) -> str:
    """All that may be seen of a container and its configuration."""
    files = [each.text for each in spec.configuration.files] if spec.configuration else []
    bootstrap = spec.bootstrap.ready if spec.bootstrap else ()
    words = [*spec.command, *spec.entrypoint, *spec.health.test, *spec.env, *spec.env.values(), *bootstrap]
    return "\n".join([*files, *words])


def refused(**changes: object) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        settings("prod", **changes)
    return [str(problem) for problem in caught.value.problems]


def given(token: str, **changes: object) -> list[str]:
    """What is wrong with a stack that has this token, encrypted."""
    try:
        parse({**raw("prod", **changes), TOKEN: token}, encrypted=[TOKEN])
    except SettingsError as error:
        return [str(problem) for problem in error.problems]
    return []


@pytest.mark.parametrize("stack", STACKS)
def test_openbao_runs_where_nothing_is_said(stack: str) -> None:
    found = services(settings(stack))
    used = {found[name].image.name for name in ("oracle-vault", "oracle-agent", "starlord-agent")}
    assert used == {"openbao"}
    assert vault.contents(settings(stack), swarm(settings(stack))).product.provider_version == "1.14.8"


@pytest.mark.parametrize("stack", STACKS)
def test_the_other_product_runs_as_server_and_agents_and_breaks_no_rule(stack: str) -> None:
    found = settings(stack, **CHOSEN)
    specs = services(found)
    ours = [specs[name] for name in ("oracle-vault", "oracle-agent", "starlord-agent", "thanos-agent")]
    assert {spec.image.name for spec in ours} == {"vault"}
    assert [spec.entrypoint[0] for spec in ours[1:]] == ["vault"] * 3
    assert not [spec.full_name for spec in ours if "bao" in shown(spec)]
    assert find_problems(found, swarm(found)) == []


def test_the_provider_asks_the_other_product_for_its_version() -> None:
    found = settings("prod", **CHOSEN)
    content = vault.contents(found, swarm(found))
    assert content.product.provider_version is None
    assert (content.login_mount, content.login.name) == ("pulumi", "vault-pulumi-id-e1")


def test_the_login_is_the_same_contract_for_both_products() -> None:
    """The same reference, in the same file, for the same command."""
    ours, default = server().bootstrap, services(settings("prod"))["oracle-vault"].bootstrap
    assert ours is not None
    assert default is not None
    assert (ours.file, ours.ready_input) == (default.file, default.ready_input)
    assert ours.ready == ("sh", "/vault/config/ready.sh", "120")
    assert ours.retire == (*ours.ready, "retire")


def test_agents_read_the_same_templates_from_either_product() -> None:
    ours = services(settings("prod", **CHOSEN))["oracle-agent"].configuration
    default = services(settings("prod"))["oracle-agent"].configuration
    assert ours == default


def test_the_seal_is_a_secret_file_and_nothing_else_holds_the_token() -> None:
    (seal,) = (each for each in server().secrets if each.name == "seal.hcl")
    assert [(ref.name, ref.source) for ref in seal.references] == [(TOKEN, SecretSource.CONFIGURED)]
    text = "".join(part if isinstance(part, str) else "TOKEN" for part in seal.parts)
    assert 'seal "transit" {\n  address = "https://100.64.0.9:8200"\n  key_name = "swarm"\n' in text
    assert '  mount_path = "transit/"\n  token = "TOKEN"\n}\n' in text
    assert not seal.fixed
    assert "-config=/vault/config/vault.hcl -config=/run/secrets/seal.hcl\n" in file(server(), "start.sh")


def test_no_seal_key_is_made_where_another_server_has_it() -> None:
    assert [each.name for each in server().secrets] == ["tls.pem", "tls.key", "seal.hcl"]


def test_the_authority_of_the_other_server_is_known_where_it_is_given() -> None:
    private = server(vault__transit={**TRANSIT, "ca_certificate": PEM})
    assert file(private, "transit-ca.pem") == PEM
    assert any('tls_ca_cert = "/vault/config/transit-ca.pem"' in str(each.parts) for each in private.secrets)
    assert not any("tls_ca_cert" in str(each.parts) for each in server().secrets)


def test_the_configuration_says_what_this_product_needs_and_nothing_it_has_not() -> None:
    text = file(server(vault__generation=3), "vault.hcl")
    assert "disable_mlock = true\n" in text
    assert 'path = "/vault/file/vault-g3"' in text
    assert not [word for word in ("initialize", "audit", "seal", "tls_auto_reload") if f"\n{word}" in text]


def test_data_of_the_two_products_never_meet() -> None:
    default = services(settings("prod"))["oracle-vault"]
    assert "/file/g1" in file(default, "vault.hcl")
    assert "/file/g1" not in shown(server())


@pytest.mark.parametrize(
    "changes",
    [{"vault__product": "vault"}, {"vault__transit": TRANSIT}, {**CHOSEN, "vault__product": "openbao"}],
)
def test_product_and_transit_belong_together(changes: dict[str, object]) -> None:
    (problem,) = refused(**changes)
    expected = "aiswarm:vault.transit: must be given where product is vault, and nowhere else, got "
    assert problem.startswith(expected)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("address", "http://100.64.0.9:8200", "an address like https://host:8200, without path"),
        ("address", 'https://host" }', "an address like https://host:8200, without path"),
        ("key_name", "a/b", "a name of letters, digits and . _ -, beginning with the former"),
        ("mount_path", "transit", "where the transit engine is mounted, like transit/"),
    ],
)
def test_a_wrong_value_is_named_with_its_path(key: str, value: str, expected: str) -> None:
    message = f"aiswarm:vault.transit.{key}: must be {expected}, got {value!r}"
    assert message in refused(vault__product="vault", vault__transit={**TRANSIT, key: value})


def test_an_unknown_product_is_one_problem() -> None:
    message = "aiswarm:vault.product: must be 'openbao' or 'vault', got 'consul'"
    assert refused(vault__product="consul") == [message]


def test_the_token_is_refused_without_the_product_and_in_another_form() -> None:
    alone = "aiswarm:vault_transit_token: must be set for HashiCorp Vault only; "
    assert [problem.startswith(alone) for problem in given("hvs.word")] == [True]
    (problem,) = given("two words\n", **CHOSEN)
    assert problem.startswith("aiswarm:vault_transit_token: must be a token: letters, digits and . _ -, ")
    assert "two" not in problem
    assert given("hvs.CAES-word_1", **CHOSEN) == given("", **CHOSEN) == given("") == []


def test_the_token_must_be_encrypted() -> None:
    with pytest.raises(SettingsError, match="aiswarm:vault_transit_token: must be encrypted; "):
        parse({**raw("prod", **CHOSEN), TOKEN: json.dumps("hvs.word")})
