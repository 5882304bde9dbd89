"""When the last good backup was taken, as figures on the server's node, for an alert where it grows old."""

from __future__ import annotations

import shlex
from datetime import datetime

from components.catalogue.vault import SERVER_NODE
from components.model.naming import METRICS_FOLDER
from ops.backup.shelf import Backup
from ops.hosts import as_root, on_node
from ops.stack import Stack

FILE = f"{METRICS_FOLDER}/backup.prom"

# The node exporter reads whatever ends in .prom, half a file too (textfile collector): the name comes last.
_WRITE = (
    "set -e; umask 022; "
    'cd "$1" 2>/dev/null || { echo "pulumi up makes the folder $1" >&2; exit 1; }; '
    'trap "rm -f .backup.new" EXIT; cat >.backup.new; mv -f .backup.new "$2"'
)


def stamp(stack: Stack, backup: Backup) -> None:
    """Say on the node that this backup was taken, and is whole.

    Raises:
        NodeError: It could not be written; the backup is as good as before.
    """
    node = stack.nodes[SERVER_NODE]
    command = shlex.join(("sh", "-c", _WRITE, "stamp", METRICS_FOLDER, FILE))
    on_node(node, as_root(node, command), stdin=figures(backup))


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
