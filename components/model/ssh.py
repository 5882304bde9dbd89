"""How a node is reached: options for the system's own `ssh`, the same for the engine and for an operator."""

from __future__ import annotations


def ssh_options(address: str, host_key: str | None, port: int = 22) -> tuple[str, ...]:
    """Options that verify the host key from the settings and share one connection per node.

    The key stands in the stack file alone: `KnownHostsCommand` (OpenSSH 8.5) prints the line that a
    known_hosts file would hold. Without a key no connection is made at all, since nothing else is trusted.
    Sharing matters: Docker's `ssh://` transport starts one `ssh` a request, and sshd refuses bursts of logins
    (MaxStartups).
    """
    host = address if port == 22 else f"[{address}]:{port}"  # the form of known_hosts (sshd(8))
    options = {
        "StrictHostKeyChecking": "yes",
        "UserKnownHostsFile": "/dev/null",
        "GlobalKnownHostsFile": "/dev/null",
        "KnownHostsCommand": f"/bin/echo {host} {host_key}" if host_key else "/bin/true",
        "ControlMaster": "auto",
        "ControlPath": "~/.ssh/aiswarm-%C",
        "ControlPersist": "60s",
        "BatchMode": "yes",
        "ConnectTimeout": "10",
        "ServerAliveInterval": "10",
        "ServerAliveCountMax": "3",
    }
    return tuple(word for key, value in options.items() for word in ("-o", f"{key}={value}"))
