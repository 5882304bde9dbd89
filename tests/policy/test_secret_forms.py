"""Names and values that give a secret away; every value here is made up while the tests run."""

from __future__ import annotations

import hashlib
import secrets
import string
import uuid

import pytest

from policy.rules.support.secret_forms import find_form, is_harmless, known_form, named_values, names_secret


def alphanumeric(length: int) -> str:
    """With a digit, which one password of 300 has not; such a one is not found."""
    return "7" + "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length - 1))


def made_up() -> list[tuple[str, str]]:
    """A text with each kind of secret, beside the kind."""
    services = ["sk-", "ghp" + "_", "github_pat" + "_", "hv" + "s.", "AK" + "IA", "hf" + "_", "tskey" + "-"]
    return [
        ("a private key", "x\n-----BEGIN " + "OPENSSH PRIVATE KEY-----\n"),
        ("a password in an address", "postgres://user:" + alphanumeric(8) + "@oracle-postgres:5432/x"),
        ("a password in an address", "redis://:" + alphanumeric(8) + "@oracle-redis"),
        ("a hash of a password", "admin:$2" + "y$10$" + alphanumeric(53)),
        ("a signed token", f"Bearer ey{'J'}{alphanumeric(12)}.ey{'J'}{alphanumeric(20)}.{alphanumeric(20)}"),
        *(("a key in the form of a known service", f"key {prefix}{alphanumeric(24)}") for prefix in services),
        ("a random identifier", f"token={uuid.uuid4()}"),
    ]


@pytest.mark.parametrize(
    "name",
    [
        *("POSTGRES_PASSWORD", "PGPASSWORD", "password", "api-key", "apiKey", "API_KEY", "HF_TOKEN"),
        *("AWS_SECRET_ACCESS_KEY", "requirepass", "DB_PASS", "client.secret", "MASTER_KEY", "masterauth"[6:]),
        *("TLS_PASSPHRASE", "GOOGLE_CREDENTIALS", "KEY"),
    ],
)
def test_names_of_secrets(name: str) -> None:
    assert names_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        *("POSTGRES_PASSWORD_FILE", "GF_SECURITY_ADMIN_PASSWORD__FILE", "REDIS_KEY_PREFIX", "MAX_TOKENS"),
        *("GF_PLUGINS_PUBLIC_KEY_RETRIEVAL_DISABLED", "BYPASS", "MONKEY", "PATH", "BYPASS_MODEL_ACCESS"),
        *("", "kv-cache-dtype", "SECRETS"),
    ],
)
def test_names_of_other_things(name: str) -> None:
    assert not names_secret(name)


@pytest.mark.parametrize("kind_and_text", made_up(), ids=lambda pair: pair[0])
def test_each_form_is_recognised(kind_and_text: tuple[str, str]) -> None:
    kind, text = kind_and_text
    assert known_form(text) == find_form(text) == kind


@pytest.mark.parametrize("_", range(20))
def test_generated_passwords_look_random(_: int) -> None:
    for text in (alphanumeric(32), secrets.token_hex(16)):
        assert known_form(text) is None
        assert find_form(f"--auth={text}") == "random text"


@pytest.mark.parametrize(
    "text",
    [
        *("TheBloke/Mixtral-8x7B-Instruct-v0.1-GPTQ", "LIGHTRAG_VECTOR_STORAGE=QdrantVectorDBStorage"),
        *("sentence-transformers/all-MiniLM-L6-v2", "http://100.64.0.1:4000/v1", "/run/secrets/password"),
        *("10000000000000000000000", "a0a0a0a0a0a0a0a0a0a0a0a0", "GPU-" + str(uuid.UUID(int=7))),
        *(
            "redis:8@sha256:" + hashlib.sha256(b"an image").hexdigest(),
            "postgres://exporter@oracle:5432/x?sslmode=disable",
        ),
        "^(autofs|binfmt_misc|bpf|cgroup2?|configfs)$",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert find_form(text) is None


@pytest.mark.parametrize(
    ("value", "harmless"),
    [
        *(("", True), ("true", True), ("False", True), ("$PASSWORD", True), ('"$(cat x)"', True)),
        *(("1234", False), ("trueish", False), ("/run/secrets/x", False)),
    ],
)
def test_what_a_named_value_may_be(value: str, harmless: bool) -> None:
    assert is_harmless(value) is harmless


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["redis-server", "--requirepass", "x"], [("requirepass", "x")]),
        (["--api-key=x", "y"], [("api-key", "x")]),
        (["--api-key", "--other"], [("api-key", ""), ("other", "")]),
        (["sh", "-c", "export TOKEN=x; run --key y"], [("c", "export"), ("TOKEN", "x"), ("key", "y")]),
        (["-c", "'PASS=x' run"], [("c", "'PASS=x'"), ("PASS", "x")]),
        (["-last"], [("last", "")]),
        ([], []),
        (["server"], []),
    ],
)
def test_names_and_values_of_a_command(words: list[str], found: list[tuple[str, str]]) -> None:
    assert list(named_values(words)) == found
