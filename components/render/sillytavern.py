"""SillyTavern: its configuration, its connection to the gateway, and the script that starts it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from components.model.secrets import SecretFile, SecretRef
from components.render.text import as_yaml, from_template

_USER_FOLDER = "data/default-user"
"""Of the one user that there is without user accounts."""


def render_config(*, port: int, hosts: Sequence[str], private_addresses: Sequence[str]) -> str:
    """Text of config.yaml: what differs from the program's defaults, without the login.

    Args:
        hosts: Names that the page is called by, beside addresses: a page of another name that points here
            is refused (DNS rebinding).
        private_addresses: What the server itself may call in private networks. It fetches whatever address a
            person types in, so the node's other containers are out of bounds.
    """
    return as_yaml(
        {
            "listen": True,
            "port": port,
            "browserLaunch": {"enabled": False},
            "whitelistMode": False,  # by address; the tailnet decides that
            "basicAuthMode": True,
            "hostWhitelist": {"enabled": True, "hosts": list(hosts)},
            "privateAddressWhitelist": {"enabled": True, "allowedRanges": list(private_addresses)},
            "logging": {"enableAccessLog": False, "minLogLevel": 1},  # that log grows without end
            "extensions": {"autoUpdate": False, "models": {"autoDownload": False}},
            "enableDownloadableTokenizers": False,
            "enableServerPlugins": False,
            "enableServerPluginsAutoUpdate": False,
        }
    )


def login_parts(*, user: str, password: SecretRef) -> tuple[str | SecretRef, ...]:
    """The end of config.yaml, which alone is secret."""
    return (f'basicAuthUser:\n  username: "{user}"\n  password: "', password, '"\n')


def render_connection(*, url: str, model: str) -> str:
    """Text of connection.json: the gateway as the program's source of answers."""
    connection = {"chat_completion_source": "custom", "custom_url": url, "custom_model": model}
    return json.dumps({"main_api": "openai", "oai_settings": connection}, indent=2) + "\n"


def keys_parts(key: Sequence[str | SecretRef]) -> tuple[str | SecretRef, ...]:
    """The program's file of keys: one for the gateway (src/endpoints/secrets.js)."""
    before = '{"api_key_custom": [{"id": "gateway", "label": "the swarm", "active": true, "value": "'
    return (before, *key, '"}]}')


def render_start(*, folder: str, keys: SecretFile, login: SecretFile, scratch: str) -> str:
    """Text of the start script. The program writes to its configuration and keys: they lie in memory."""
    return from_template(
        "sillytavern/start.sh",
        folder=folder,
        config=f"{scratch}/config.yaml",
        keys_file=keys.path,
        keys=f"{scratch}/keys.json",
        login_file=login.path,
        user_folder=_USER_FOLDER,
    )


def render_connect() -> str:
    """Text of the program that makes the person's first settings."""
    return from_template("sillytavern/connect.mjs")
