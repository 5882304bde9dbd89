"""Alerts about services and nodes that do not answer, whatever they are."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from components.render.alerts.rule import Rule, Severity

NODE_DOWN: Final = "NodeDown"

NODE_LASTS: Final = "30s"
"""Shorter than that of a service, so that it is there in time to silence them."""

SERVICE_LASTS: Final = "1m"
CERTIFICATE_WARNING_DAYS: Final = 30
CERTIFICATE_CRITICAL_DAYS: Final = 7
_DAY: Final = 24 * 3600


class Watch(StrEnum):
    """What a job of Prometheus is for; its label `watch`."""

    METRICS = "metrics"
    """Figures that the service shows itself; it is down where they are not shown."""

    PROBE = "probe"
    """A look from outside at a service that shows none."""

    CERTIFICATE = "certificate"
    """A look at the certificate of a service that is watched otherwise."""


WORKS: Final = f'up{{watch="{Watch.METRICS}"}} or probe_success{{watch="{Watch.PROBE}"}}'


def rules(*, vault_job: str) -> Iterator[Rule]:
    """Every job of a service is covered, so a service that is added has its alert."""
    yield Rule(
        name="ServiceDown",
        expression=f"({WORKS}) == 0",
        lasts=SERVICE_LASTS,
        severity=Severity.CRITICAL,
        summary="{{ $labels.job }} on {{ $labels.node }} does not answer",
        fix="./swarm status",
    )
    yield Rule(
        name=NODE_DOWN,
        expression=f"max by (node) ({WORKS}) == 0",
        lasts=NODE_LASTS,
        severity=Severity.CRITICAL,
        summary="nothing on {{ $labels.node }} answers",
        fix="is the machine on, and in the tailnet? tailscale ping {{ $labels.node }}",
    )
    yield Rule(
        name="VaultSealed",
        expression=f'probe_http_status_code{{job="{vault_job}"}} == 503',
        lasts=SERVICE_LASTS,
        severity=Severity.CRITICAL,
        summary="the Vault server on {{ $labels.node }} is sealed: no service that starts gets secrets",
        fix="docker logs {{ $labels.job }}; then docs/secrets.md",
    )
    left = f'probe_ssl_earliest_cert_expiry{{watch="{Watch.CERTIFICATE}"}} - time()'
    for name, days, severity in (
        ("CertificateExpiresSoon", CERTIFICATE_WARNING_DAYS, Severity.WARNING),
        ("CertificateExpires", CERTIFICATE_CRITICAL_DAYS, Severity.CRITICAL),
    ):
        yield Rule(
            name=name,
            expression=f"{left} < {days * _DAY}",
            lasts="10m",
            severity=severity,
            summary="the certificate of {{ $labels.instance }} on {{ $labels.node }} ends in "
            "{{ $value | humanizeDuration }}",
            fix="./swarm rotate",
            topic="certificate",
        )
