"""The Docker daemon of this machine, which carries the lab's three nodes and builds its images.

Always the local socket: a DOCKER_HOST or context that points elsewhere must never make the lab act on other
hosts.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from lab import paths, process
from lab.docker import machine
from lab.process import StepError
from lab.steps import Steps

SOCKET = "unix:///var/run/docker.sock"
_START_SECONDS = 60
_BUILD_SECONDS = 3600


def installed() -> bool:
    """Tell whether there is a docker command at all."""
    return _client_path() is not None


def answers() -> bool:
    """Tell whether a daemon answers on the local socket."""
    client = _client_path()
    return client is not None and process.succeeds(
        [client, "-H", SOCKET, "version", "--format", "{{.Server.Version}}"]
    )


def ensure_daemon(steps: Steps) -> None:
    """Have a Docker daemon on this machine: use the running one, else install and start Debian's.

    Raises:
        StepError: Not root, not Debian, or the daemon did not come up; its log is in the error.
    """
    with steps.step("docker daemon") as step:
        if answers():
            step.note = "nothing to do, one answers"
            return
        if os.geteuid() != 0:
            raise StepError(
                "no Docker daemon answers on the local socket, and only root may start one",
                hint="run as root, or start Docker and join the group docker",
            )
        if shutil.which("dockerd") is None:
            machine.install("docker.io", "iptables")
            step.note = "installed, "
        step.note += _start()


def _start() -> str:
    """Start the daemon by the machine's own service manager, else as a process of its own session."""
    if Path("/run/systemd/system").is_dir():
        hint = "journalctl -u docker"
        process.logged(["systemctl", "start", "docker"], log="dockerd", timeout_seconds=120, hint=hint)
        daemon = None
    else:
        hint = "dockerd, which says on the terminal what is wrong"
        log = paths.log_dir() / "dockerd.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as out:
            daemon = subprocess.Popen(
                ["dockerd"], stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, cwd="/"
            )
    deadline = time.monotonic() + _START_SECONDS
    while not answers():
        if time.monotonic() > deadline or (daemon is not None and daemon.poll() is not None):
            raise StepError("dockerd did not come up", paths.log_dir() / "dockerd.log", hint=hint)
        time.sleep(0.2)
    return "started"


def _client_path() -> str | None:
    return shutil.which("docker") or next((p for p in ("/usr/bin/docker",) if Path(p).exists()), None)


@functools.cache
def client() -> str:
    """The docker command that can build with BuildKit.

    A client of Docker 23 or newer needs the buildx plugin for that, an older one has it built in. A machine
    may have both kinds, the one without buildx first in PATH.

    Raises:
        StepError: There is no docker command, or none that can do it.
    """
    found = [
        path for path in dict.fromkeys([_client_path(), "/usr/bin/docker"]) if path and Path(path).exists()
    ]
    for path in found:
        version = process.output([path, "--version"])
        if has_buildkit(version, buildx=process.succeeds([path, "buildx", "version"])):
            return path
    raise StepError(
        f"docker: must be able to build with BuildKit, got {', '.join(found) or 'no docker command'}",
        hint="apt-get install docker.io, or the buildx plugin for the client that is there",
    )


def has_buildkit(version: str, *, buildx: bool) -> bool:
    """Judge a client by its `--version` line, as in `Docker version 20.10.24+dfsg1, build 297e128`."""
    major = version.removeprefix("Docker version ").partition(".")[0]
    return buildx or (major.isdigit() and int(major) < 23)


def docker(*args: str, timeout_seconds: float = 120, stdin: str | None = None) -> str:
    """Run the docker command against this machine's daemon and return what it printed.

    Raises:
        StepError: It failed; what it said is in the message.
    """
    return process.output([client(), "-H", SOCKET, *args], timeout_seconds=timeout_seconds, stdin=stdin)


def image_exists(tag: str) -> bool:
    """Tell whether this machine's daemon has the image, without asking any registry."""
    return process.succeeds([client(), "-H", SOCKET, "image", "inspect", tag])


def remove_images(*prefixes: str) -> int:
    """Remove the images whose names begin so, and return how many; one that a container uses stays."""
    used = set(docker("container", "ls", "--all", "--format={{.Image}}").split())
    names = docker("image", "ls", "--format={{.Repository}}:{{.Tag}}").split()
    wanted = [name for name in names if name.startswith(prefixes) and name not in used]
    tagged = [name for name in wanted if not name.endswith(":<none>")]
    if tagged:
        docker("image", "rm", *tagged)
    return len(tagged)


def build_image(
    context: Path,
    tag: str,
    *,
    platform: str | None = None,
    build_args: Mapping[str, str] | None = None,
    log: str,
) -> None:
    """Build a Dockerfile with BuildKit, on the machine's network and with its way to the package registries.

    Every build is offered the secrets `ca` (certificate bundle) and `apt`, `pip`, `npm` (settings files of
    these clients, as this machine has them set). A Dockerfile mounts those it needs.

    Raises:
        StepError: The build failed; its output is in the log named `log`.
    """
    with tempfile.TemporaryDirectory(prefix="aiswarm-build-") as scratch:
        secrets = _write_secrets(Path(scratch))
        process.logged(
            [
                client(), "-H", SOCKET, "build", "--network", "host", "--tag", tag,
                *(["--platform", platform] if platform else []),
                # without a value docker takes it from the environment: a proxy's password is for no log
                *(f"--build-arg={name}" for name in machine.proxy_variables()),
                *(f"--build-arg={name}={value}" for name, value in sorted((build_args or {}).items())),
                *(f"--secret=id={name},src={file}" for name, file in sorted(secrets.items())),
                str(context),
            ],
            log=log,
            env={"DOCKER_BUILDKIT": "1", "BUILDKIT_PROGRESS": "plain", "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"},
            timeout_seconds=_BUILD_SECONDS,
            cause="a package registry was not reached, or the disk of /var/lib/docker is full",
            hint="df -h; then make up, what is built stays",
        )  # fmt: skip


def _write_secrets(folder: Path) -> dict[str, Path]:
    bundle = machine.ca_bundle()
    texts = {
        "apt": machine.apt_options(machine.CA_IN_BUILD if bundle else None),
        "pip": machine.pip_config(),
        "npm": machine.npm_config(),
    }
    secrets = {name: folder / name for name in texts}
    for name, text in texts.items():
        secrets[name].write_text(text)
    return {**secrets, "ca": bundle} if bundle else secrets
