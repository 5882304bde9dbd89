"""The lab's stand-in for the `command` plugin: local.Command, remote.Command and remote.CopyToRemote.

For the lab only; production uses the official plugin. Behaviour follows pulumi-command's source, its traps
included, because the lab must not hide them: a changed connection runs `update` again, `triggers` replace and
so run the old `delete`, a failing command prints its output even with logging off, and `CopyToRemote` leaves
its copy behind.
"""

from __future__ import annotations

from collections.abc import Mapping

from lab.plugins.kit.table import Input, Kind, Package, Resource
from lab.plugins.resource_command import local, remote

_LOGGING = ("stdout", "stderr", "stdoutAndStderr", "none")

_ENDPOINT: Mapping[str, Input] = {
    "host": Input(kind=Kind.TEXT, required=True),
    "port": Input(kind=Kind.NUMBER, default=22),
    "user": Input(kind=Kind.TEXT, default="root"),
    "password": Input(kind=Kind.TEXT),
    "privateKey": Input(kind=Kind.TEXT),
    "privateKeyPassword": Input(kind=Kind.TEXT),
    "agentSocketPath": Input(kind=Kind.TEXT),
    "hostKey": Input(kind=Kind.TEXT),
    "dialErrorLimit": Input(kind=Kind.NUMBER, default=10),
    "perDialTimeout": Input(kind=Kind.NUMBER, default=15),
}

_CONNECTION = Input(
    kind=Kind.OBJECT,
    required=True,
    secret=True,
    fields={**_ENDPOINT, "proxy": Input(kind=Kind.OBJECT, fields=_ENDPOINT)},
)

_TRIGGERS = Input(kind=Kind.LIST, replaces=True)

_COMMAND: Mapping[str, Input] = {
    "create": Input(kind=Kind.TEXT),
    "update": Input(kind=Kind.TEXT),
    "delete": Input(kind=Kind.TEXT),
    "stdin": Input(kind=Kind.TEXT),
    "environment": Input(kind=Kind.MAP),
    "logging": Input(kind=Kind.TEXT, one_of=_LOGGING),
    "addPreviousOutputInEnv": Input(kind=Kind.FLAG),
    "triggers": _TRIGGERS,
}

PACKAGE = Package(
    "command",
    {
        "command:local:Command": Resource(
            inputs={**_COMMAND, "interpreter": Input(kind=Kind.TEXTS), "dir": Input(kind=Kind.TEXT)},
            outputs=("stdout", "stderr"),
            inputs_taint_outputs=True,
            create=local.create,
            update=local.update,
            delete=local.delete,
        ),
        "command:remote:Command": Resource(
            inputs={**_COMMAND, "connection": _CONNECTION},
            outputs=("stdout", "stderr"),
            inputs_taint_outputs=True,
            create=remote.create,
            update=remote.update,
            delete=remote.delete,
        ),
        "command:remote:CopyToRemote": Resource(
            inputs={
                "connection": _CONNECTION,
                "source": Input(kind=Kind.ASSET, required=True),
                "remotePath": Input(kind=Kind.TEXT, required=True),
                "triggers": _TRIGGERS,
            },
            outputs=(),
            inputs_taint_outputs=True,
            create=remote.create_copy,
            update=remote.update_copy,
            problems=remote.copy_problems,
        ),
    },
)
