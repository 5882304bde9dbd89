"""The dashboards of Grafana, each for one question about the swarm."""

from __future__ import annotations

from collections.abc import Mapping

from components.render.dashboards import cards, costs, data, machines, overview, serving
from components.render.dashboards.write import write


def render_dashboards(*, vault_job: str) -> Mapping[str, str]:
    """Grafana's JSON by file name.

    Args:
        vault_job: The job of Prometheus that looks at the Vault server.
    """
    boards = (
        overview.page(),
        serving.page(),
        cards.page(),
        costs.page(),
        data.page(vault_job=vault_job),
        machines.page(),
    )
    return {f"{board.name}.json": write(board) for board in boards}
