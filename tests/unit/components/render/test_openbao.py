"""The Vault server's and the agents' files, as far as their text says it; tests/openbao runs them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from components.model.files import ConfigFile
from components.model.secrets import SecretFile, SecretRef, SecretSource
from components.render.openbao import (
    Rendered,
    ServerPlaces,
    agent_files,
    entry_path,
    external_path,
    is_external,
    node_policy,
    pulumi_policy,
    server_files,
)

PASSWORD = SecretRef(name="redis-password")
API_KEY = SecretRef(name="brave_api_key", source=SecretSource.VAULT)


def texts(files: Sequence[ConfigFile]) -> dict[str, str]:
    return {file.name: file.text for file in files}


def server(*keys: str, generation: int = 1) -> tuple[ConfigFile, ...]:
    places = ServerPlaces(
        config_folder="/c",
        data_folder="/d",
        audit_file="/l/audit.log",
        certificate_file="/s/tls.pem",
        private_key_file="/s/tls.key",
        pulumi_secret_id_file="/b/secret_id",  # noqa: S106 (a path)
        seal_keys=tuple((key, f"/s/seal-{key}") for key in keys or ("k1",)),
    )
    return server_files(
        places=places, address="192.0.2.1", port=8200, generation=generation, ca_certificate="CA"
    )


def agent(*files: SecretFile) -> dict[str, str]:
    rendered = Rendered(entry=entry_path("oracle", "redis"), folder="/secrets/redis", files=files)
    made = agent_files(
        address="https://192.0.2.1:8200",
        role_id="node-oracle",
        secret_id_file="/run/secrets/secret_id",  # noqa: S106 (a path)
        config_folder="/agent",
        ca_certificate="CA",
        rendered=[rendered],
    )
    return texts(made)


def template(*parts: str | SecretRef) -> str:
    return agent(SecretFile(name="file", parts=parts))["templates/redis/file.ctmpl"]


def seal_lines(hcl: str) -> list[str]:
    stanza = re.search(r'seal "static" \{\n(.*?)\n\}', hcl, re.DOTALL)
    assert stanza
    return [line.strip() for line in stanza[1].splitlines()]


def test_the_server_gets_its_files_and_one_of_them_runs() -> None:
    assert [(file.name, file.executable) for file in server()] == [
        ("vault.hcl", False),
        ("pulumi-policy.hcl", False),
        ("ca.pem", False),
        ("ready.sh", True),
    ]


def test_every_generation_has_a_folder_of_its_own() -> None:
    assert 'path = "/d/g3"' in texts(server(generation=3))["vault.hcl"]


def test_the_first_seal_key_is_the_current_one() -> None:
    assert seal_lines(texts(server("k2", "k1"))["vault.hcl"]) == [
        'current_key_id = "k2"',
        'current_key = "file:///s/seal-k2"',
        'previous_key_id = "k1"',
        'previous_key = "file:///s/seal-k1"',
    ]
    assert seal_lines(texts(server("k1"))["vault.hcl"]) == [
        'current_key_id = "k1"',
        'current_key = "file:///s/seal-k1"',
    ]


def test_the_root_key_changes_only_while_there_are_two_seal_keys() -> None:
    assert "reseal=true" in texts(server("k2", "k1"))["ready.sh"]
    assert "reseal=false" in texts(server("k1"))["ready.sh"]


def test_the_server_speaks_tls_only_and_logs_no_requests() -> None:
    hcl = texts(server())["vault.hcl"]
    assert 'tls_min_version = "tls12"' in hcl
    assert not re.search(r"tls_disable|unauthenticated_|log_raw|raw_storage|unsafe_|trace|debug", hcl)


def test_the_policy_at_the_first_start_is_the_one_that_is_declared_later() -> None:
    assert texts(server())["pulumi-policy.hcl"] == pulumi_policy()


def test_the_program_may_not_make_tokens_nor_everything() -> None:
    paths = re.findall(r'^path "([^"]+)"', pulumi_policy(), re.MULTILINE)
    assert "secret/*" in paths
    assert not [path for path in paths if path.startswith(("auth/token", "*", "sys/*", "auth/*"))]


def test_a_nodes_policy_reads_each_entry_once_in_a_fixed_order() -> None:
    policy = node_policy([external_path("key"), "oracle/redis", "oracle/db", "oracle/redis"])
    assert re.findall(r'path "([^"]+)"', policy) == [
        "secret/data/external/key",
        "secret/data/oracle/db",
        "secret/data/oracle/redis",
    ]
    assert set(re.findall(r"capabilities = (.*)", policy)) == {'["read"]'}


def test_the_agent_is_told_of_every_template_and_of_the_version_last() -> None:
    files = agent(SecretFile(name="a", parts=("x",)), SecretFile(name="b", parts=(PASSWORD,)))
    sources = re.findall(r'source = "/agent/([^"]+)"', files["agent.hcl"])
    assert sources == [f"templates/redis/{name}.ctmpl" for name in ("a", "b", "version")]
    assert set(files) == {"agent.hcl", "ca.pem", "role_id", *sources}
    destinations = re.findall(r'destination = "([^"]+)"', files["agent.hcl"])
    assert destinations == ["/secrets/redis/a", "/secrets/redis/b", "/secrets/redis/.version"]
    assert files["agent.hcl"].count('perms = "0440"') == 3


def test_an_agent_that_cannot_go_on_ends_and_keeps_its_id() -> None:
    hcl = agent(SecretFile(name="a", parts=(PASSWORD,)))["agent.hcl"]
    assert "exit_on_retry_failure = true" in hcl
    assert "remove_secret_id_file_after_reading = false" in hcl


def test_a_file_of_text_alone_reads_nothing() -> None:
    assert template('{{ "quoted" }}\n', "`") == '{{ "{{ \\"quoted\\" }}\\n" }}{{ "`" }}'


def test_a_value_comes_from_the_services_entry() -> None:
    assert template("a ", PASSWORD) == (
        '{{ with secret "secret/data/oracle/redis" }}{{ $entry0 := .Data.data }}{{ "a " }}'
        '{{ slice (index $entry0 "redis-password") 0 }}{{ end }}'
    )


def test_a_key_that_an_operator_put_in_comes_from_an_entry_of_its_own() -> None:
    text = template(API_KEY, PASSWORD, API_KEY)
    assert re.findall(r'secret "([^"]+)"', text) == [
        "secret/data/external/brave_api_key",
        "secret/data/oracle/redis",
    ]
    assert re.findall(r'index (\S+) "([^"]+)"', text) == [
        ("$entry0", "value"),
        ("$entry1", "redis-password"),
        ("$entry0", "value"),
    ]
    assert text.endswith("{{ end }}{{ end }}")


def test_the_version_reads_whatever_another_file_of_the_service_reads() -> None:
    files = agent(SecretFile(name="a", parts=(API_KEY,)), SecretFile(name="b", parts=(PASSWORD,)))
    version = files["templates/redis/version.ctmpl"]
    assert set(re.findall(r'secret "([^"]+)"', version)) == {
        "secret/data/external/brave_api_key",
        "secret/data/oracle/redis",
    }
    assert re.findall(r'index (\S+) "([^"]+)"', version) == [("$entry0", "version")]


def test_only_keys_in_the_vault_are_external() -> None:
    configured = SecretRef(name="x", source=SecretSource.CONFIGURED)
    assert [is_external(ref) for ref in (API_KEY, PASSWORD, configured)] == [True, False, False]
