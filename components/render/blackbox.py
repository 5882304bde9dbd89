"""The blackbox exporter: in which ways it looks at a service from outside."""

from __future__ import annotations

from enum import StrEnum

from components.render.text import as_yaml


class Module(StrEnum):
    """A way to look, by its name in the configuration."""

    HTTP = "http"
    """The path answers with success, and with nothing to log in with."""

    TCP = "tcp"
    """Somebody listens."""

    TLS = "tls"
    """Somebody speaks TLS, with whatever certificate: its end is what is wanted."""

    VAULT = "vault"
    """As `http` over TLS, with a certificate of the Vault server's own authority. A sealed server answers
    503, a new one 501 (Vault's API, /sys/health)."""


_SECONDS = 5
_PREFER = {"preferred_ip_protocol": "ip4"}
"""Docker's networks have no other addresses."""


def render_blackbox(*, vault_address: str, vault_authority_file: str) -> str:
    """Text of the modules.

    Args:
        vault_address: The address that the Vault server's certificate names.
    """
    http = {"follow_redirects": False, **_PREFER}
    vault = {
        **http,
        "fail_if_not_ssl": True,
        "tls_config": {"ca_file": vault_authority_file, "server_name": vault_address},
    }
    unverified = {"insecure_skip_verify": True}
    modules: dict[str, dict[str, object]] = {
        Module.HTTP: {"prober": "http", "http": http},
        Module.TCP: {"prober": "tcp", "tcp": _PREFER},
        Module.TLS: {"prober": "tcp", "tcp": {"tls": True, "tls_config": unverified, **_PREFER}},
        Module.VAULT: {"prober": "http", "http": vault},
    }
    timed = {str(name): {"timeout": f"{_SECONDS}s", **module} for name, module in modules.items()}
    return as_yaml({"modules": timed})
