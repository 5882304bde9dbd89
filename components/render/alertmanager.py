"""Alertmanager: who is told of an alert, how often, and which alerts follow from another."""

from __future__ import annotations

from components.render.alerts.rule import Severity
from components.render.alerts.services import NODE_DOWN
from components.render.text import as_yaml

_RECEIVER = "operators"
_SAME_THING = ["topic", "node", "job", "uuid", "device"]
"""What an alert is about; a label that neither has counts as equal."""


def render_alertmanager(*, webhook_file: str) -> str:
    """Text of alertmanager.yml.

    Args:
        webhook_file: Holds the address that alerts are posted to; empty shows them on the page only.
    """
    webhook = {"url_file": webhook_file, "send_resolved": True}
    receiver: dict[str, object] = {"name": _RECEIVER}
    if webhook_file:
        receiver["webhook_configs"] = [webhook]
    return as_yaml(
        {
            "route": {
                "receiver": _RECEIVER,
                # What breaks on one node at the same time is one message.
                "group_by": ["node"],
                "group_wait": "30s",
                "group_interval": "5m",
                "repeat_interval": "12h",
                "routes": [{"matchers": [f'severity="{Severity.CRITICAL}"'], "repeat_interval": "2h"}],
            },
            "inhibit_rules": [
                # A node that is gone takes its services along.
                {
                    "source_matchers": [f'alertname="{NODE_DOWN}"'],
                    "target_matchers": [f'alertname!="{NODE_DOWN}"'],
                    "equal": ["node"],
                },
                {
                    "source_matchers": [f'severity="{Severity.CRITICAL}"', 'topic!=""'],
                    "target_matchers": [f'severity="{Severity.WARNING}"', 'topic!=""'],
                    "equal": _SAME_THING,
                },
            ],
            "receivers": [receiver],
        }
    )
