"""When the last good backup was taken, as figures on the server's node, for an alert where it grows old."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from datetime import datetime

from components.catalogue.vault import SERVER_NODE
from components.model.naming import METRICS_FOLDER
from ops.backup.shelf import Backup
from ops.hosts import NodeError, as_root, on_node
from ops.stack import Stack

FILE = f"{METRICS_FOLDER}/backup.prom"

# The node exporter reads whatever ends in .prom, half a file too (textfile collector): the name comes last.
_WRITE = (
    "set -e; umask 022; "
    'cd "$1" 2>/dev/null || { echo "pulumi up makes the folder $1" >&2; exit 1; }; '
    'trap "rm -f .backup.new" EXIT; cat >.backup.new; mv -f .backup.new "$2"'
)


def stamp(stack: Stack, backup: Backup, warn: Callable[[str], None]) -> bool:
    """Say on the node that this backup was taken, and is whole; one that nobody is told of is as good.

    Returns:
        Whether the node knows of it. Where not, `warn` has said why.
    """
    node = stack.nodes[SERVER_NODE]
    command = shlex.join(("sh", "-c", _WRITE, "stamp", METRICS_FOLDER, FILE))
    try:
        on_node(node, as_root(node, command), stdin=figures(backup))
    except NodeError as error:
        warn(f"warning: the backup is good, but no alert will know of it: {error}")
        return False
    return True


def figures(backup: Backup) -> str:
    """The text of the file, in the exposition format of Prometheus."""
    taken = int(datetime.fromisoformat(backup.taken).timestamp())
    return "".join(
        f"# HELP {name} {says}\n# TYPE {name} gauge\n{name} {value}\n"
        for name, says, value in (
            (
                "aiswarm_backup_last_success_timestamp_seconds",
                "When the last whole backup of the Vault server was taken, in seconds since 1970.",
                taken,
            ),
            ("aiswarm_backup_last_success_size_bytes", "Size of that backup.", backup.size_bytes),
        )
    )
