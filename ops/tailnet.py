"""`./swarm tailnet`: the tailnet's policy, as it follows from who talks to whom."""

from __future__ import annotations

from components.catalogue.swarm import swarm
from components.config.settings import Settings
from components.model.tailnet import OPERATORS, PEOPLE, listening, openings
from components.render.tailnet import render_policy
from ops import lab_bridge
from ops.session import StackOption, open_stack


def tailnet_command(stack_name: StackOption = lab_bridge.STACK) -> None:
    """Print the tailnet's policy file: who reaches which port, and tests of it. Changes nothing.

    Example: ./swarm tailnet --stack prod > policy.json
    """
    print(policy(open_stack(stack_name).settings), end="")  # noqa: T201 - for a file


def policy(settings: Settings) -> str:
    """Text of the policy file.

    Raises:
        SpecError: A service talks to one that is not there.
    """
    services, nodes = swarm(settings), settings.nodes.by_name()
    return render_policy(
        addresses={name: str(node.address) for name, node in nodes.items()},
        subnets={name: str(node.subnet) for name, node in nodes.items()},
        logins={PEOPLE: settings.tailnet.people, OPERATORS: settings.tailnet.operators},
        openings=openings(settings, services),
        listening=listening(settings, services),
    )
