"""Alerts about those who watch: a message that is not sent, a configuration that was not taken."""

from __future__ import annotations

from collections.abc import Iterator

from components.render.alerts.rule import Rule, Severity


def rules() -> Iterator[Rule]:
    """The alerts. Nobody is told of them by message while messages fail: they stand on the pages."""
    yield Rule(
        name="AlertsNotSent",
        expression="sum by (node, job) (increase(alertmanager_notifications_failed_total[10m])) > 0",
        lasts="5m",
        severity=Severity.CRITICAL,
        summary="{{ $labels.job }} on {{ $labels.node }} could not deliver an alert",
        fix="docker logs of Alertmanager; ./swarm keys shows whether its address is set",
    )
    yield Rule(
        name="ConfigurationNotTaken",
        expression="prometheus_config_last_reload_successful == 0"
        " or alertmanager_config_last_reload_successful == 0",
        lasts="5m",
        severity=Severity.WARNING,
        summary="{{ $labels.job }} on {{ $labels.node }} works with an older configuration than it was given",
        fix="docker logs of it says what it refuses; then pulumi up",
    )
