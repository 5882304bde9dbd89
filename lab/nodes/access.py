"""Ssh to the lab's nodes: keys, the lab's own agent, verified host keys and shared connections.

The same options as the program's Docker provider passes, so what works here works there, over one connection.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from components.model.ssh import ssh_options
from lab import paths, process
from lab.docker import machine
from lab.nodes.model import PLANS, LabNode, NodePlan, plan_of
from lab.process import StepError

_ALIVE_SECONDS = 60
_MARKER = "made-dot-ssh"


def folder() -> Path:
    """Where keys and the agent's socket lie."""
    return paths.state_dir() / "ssh"


def agent_socket() -> Path:
    """The fixed address of the lab's ssh-agent."""
    return folder() / "agent.sock"


def ssh_environment() -> dict[str, str]:
    """The variables that lead an ssh client to the lab's key."""
    return {"SSH_AUTH_SOCK": str(agent_socket())}


def node_files(plan: NodePlan) -> Path:
    """The folder that a node mounts on /etc/lab."""
    return folder() / "nodes" / plan.name


def user_ssh_folder() -> Path:
    """The ~ of ssh itself, which goes by the user database and not by $HOME."""
    return Path(pwd.getpwuid(os.getuid()).pw_dir) / ".ssh"


def lab_node(plan: NodePlan) -> LabNode:
    """A node with the host key that was made for it.

    Raises:
        StepError: The lab was never up on this machine.
    """
    file = node_files(plan) / "ssh_host_ed25519_key.pub"
    if not file.exists():
        raise StepError(f"{plan.name}: the lab has no host key for it", hint="make up")
    kind, key = file.read_text().split()[:2]
    return LabNode(name=plan.name, address=plan.address, host_key=f"{kind} {key}")


def prepare(plans: tuple[NodePlan, ...] = PLANS) -> None:
    """Have every key, the agent with the client key in it, and the user's ~/.ssh for connection sockets."""
    if shutil.which("ssh-agent") is None:
        machine.install("openssh-client")
    folder().mkdir(parents=True, exist_ok=True)
    folder().chmod(0o700)
    client = _key(_client_key())
    for plan in plans:
        files = node_files(plan)
        files.mkdir(parents=True, exist_ok=True)
        _key(files / "ssh_host_ed25519_key")
        shutil.copyfile(client.with_suffix(".pub"), files / "authorized_keys")
    if not user_ssh_folder().exists():
        user_ssh_folder().mkdir(mode=0o700)
        (folder() / _MARKER).touch()
    _start_agent()
    process.output(["ssh-add", "-q", client], env=ssh_environment())


def _client_key() -> Path:
    return folder() / "id_ed25519"


def _key(file: Path) -> Path:
    if not file.exists():
        process.output(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "aiswarm-lab", "-f", file])
    return file


def _agent_answers() -> bool:
    if not agent_socket().exists():
        return False
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(agent_socket()))
        except OSError:
            return False
    return True


def ensure_agent() -> None:
    """Have the agent with the client key where the lab has keys: after a reboot only the nodes come back."""
    if _client_key().exists() and not _agent_answers():
        _start_agent()
        process.output(["ssh-add", "-q", _client_key()], env=ssh_environment())


def _start_agent() -> None:
    """Start the agent where none answers; it leaves this process's session by itself."""
    if not _agent_answers():
        agent_socket().unlink(missing_ok=True)
        said = process.output(["ssh-agent", "-s", "-a", agent_socket()])
        pid = said.partition("SSH_AGENT_PID=")[2].partition(";")[0]
        (folder() / "agent.pid").write_text(pid)


def stop_agent() -> None:
    """End the lab's ssh-agent, and only it."""
    file = folder() / "agent.pid"
    if file.exists() and _agent_answers():
        process.output(["ssh-agent", "-k"], env={**ssh_environment(), "SSH_AGENT_PID": file.read_text()})


def forget() -> None:
    """Remove keys, and the user's ~/.ssh where the lab made it and nothing else is in it."""
    made = (folder() / _MARKER).exists()
    shutil.rmtree(folder(), ignore_errors=True)
    if made and user_ssh_folder().is_dir() and not any(user_ssh_folder().iterdir()):
        user_ssh_folder().rmdir()


def ssh(
    node: str, command: str, *, stdin: str | None = None, check: bool = True, timeout_seconds: float = 120
) -> str:
    """Run a shell command on a node as root, over the shared connection, and return what it printed.

    Args:
        check: Whether a command that fails is an error; if not, its output is returned all the same.

    Raises:
        StepError: The node could not be reached or, with `check`, the command failed.
    """
    target = lab_node(plan_of(node))
    argv = ["ssh", *ssh_options(target.address, target.host_key), f"root@{target.address}", "--", command]
    try:
        done = subprocess.run(
            argv,
            input=stdin or "",
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **ssh_environment()},
            timeout=timeout_seconds,
        )
    except subprocess.TimeoutExpired as error:
        raise StepError(f"{node}: {command} took more than {timeout_seconds:.0f} s") from error
    if done.returncode == 255 or (check and done.returncode != 0):
        raise StepError(
            f"{node}: {command} ended with status {done.returncode}: {done.stderr.strip()[-2000:]}"
        )
    return done.stdout.strip()


def open_masters() -> None:
    """Open one connection per node, before a burst of clients that would each open their own."""
    with ThreadPoolExecutor(len(PLANS)) as pool:
        list(pool.map(lambda plan: ssh(plan.name, "true"), PLANS))


def close_master(plan: NodePlan) -> None:
    """End the shared connection to a node; one to a node that went away hangs until its keep-alive fails."""
    if (node_files(plan) / "ssh_host_ed25519_key.pub").exists():
        node = lab_node(plan)
        process.succeeds(
            ["ssh", *ssh_options(node.address, node.host_key), "-O", "exit", f"root@{node.address}"]
        )


def await_docker(node: str) -> None:
    """Wait until the node's Docker answers over ssh.

    Raises:
        StepError: It does not within a minute; what it said last is in the message.
    """
    deadline = time.monotonic() + _ALIVE_SECONDS
    while True:
        try:
            ssh(node, "docker version --format '{{.Server.Version}}'", timeout_seconds=30)
        except StepError as error:
            if time.monotonic() > deadline:
                raise StepError(
                    f"{node}: docker did not answer over ssh within {_ALIVE_SECONDS} s: {error}",
                    hint=f"docker logs {plan_of(node).container}",
                ) from error
            time.sleep(0.2)
        else:
            return
