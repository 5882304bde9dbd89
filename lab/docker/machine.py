"""How this machine reaches its package registries, so that image builds reach them the same way.

A mirror, a proxy or an own CA is a fact of one machine. It is read from the machine's own clients, handed to
builds as secrets, and so never written into a file of the repository or a layer of an image.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from lab import process
from lab.process import StepError

CA_IN_BUILD = Path("/run/secrets/ca")
"""Where the build secret `ca` is mounted when a Dockerfile names no target."""

_POLICY = Path("/usr/sbin/policy-rc.d")
_DEFAULT_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
_PROXY_VARIABLES = ("http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy")
_APT_KEYS = re.compile(
    r"Acquire::(https?::(Proxy|CaInfo|Verify|Timeout|Pipeline)|Check-|ForceIPv|Retries)", re.IGNORECASE
)
_PIP_KEYS = ("index-url", "extra-index-url", "trusted-host", "proxy", "default-timeout", "timeout", "retries")
_NPM_KEYS = ("registry", "proxy", "https-proxy", "noproxy")


def install(*packages: str) -> None:
    """Install Debian packages on this machine, waiting for whoever holds the lock.

    Raises:
        StepError: This is no Debian, the process is not root, or apt failed.
    """
    names = " ".join(packages)
    if shutil.which("apt-get") is None:
        raise StepError(f"{names}: needed, and this machine has no apt-get", hint="install them by hand")
    if os.geteuid() != 0:
        raise StepError(f"{names}: needed, and only root may install", hint=f"sudo apt-get install {names}")
    apt = ["apt-get", "-y", "-o", "DPkg::Lock::Timeout=600"]
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    with contextlib.suppress(StepError):  # one broken third-party source must not stop what the others have
        process.logged([*apt, "update"], log="apt", env=quiet, timeout_seconds=900)
    process.logged(
        [*apt, "install", "--no-install-recommends", *packages],
        log="apt",
        env=quiet,
        timeout_seconds=1800,
        hint=f"apt-get install {names}",
    )


def install_idle(*packages: str) -> None:
    """Install Debian packages for their programs alone: no service of theirs runs, now or after a reboot.

    `policy-rc.d` is what Debian's package scripts ask before they start a service (invoke-rc.d(8)); one that
    is there already is the machine's own and stays.

    Raises:
        StepError: As of `install`.
    """
    own = not _POLICY.exists()
    if own:
        _POLICY.write_text("#!/bin/sh\nexit 101\n")
        _POLICY.chmod(0o755)
    try:
        install(*packages)
    finally:
        if own:
            _POLICY.unlink()
    if "openssh-server" in packages and Path("/run/systemd/system").is_dir():
        process.output(["systemctl", "disable", "ssh"])


def ca_bundle(environment: Mapping[str, str] = os.environ) -> Path | None:
    """The certificate bundle that this machine trusts, or None where there is none at all."""
    named = (
        environment.get("SSL_CERT_FILE") or environment.get("PIP_CERT") or environment.get("CURL_CA_BUNDLE")
    )
    bundle = Path(named) if named else _DEFAULT_BUNDLE
    return bundle if bundle.is_file() else None


def proxy_variables(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The proxy variables of this machine; as build arguments, Docker keeps these names out of layers."""
    wanted = {*_PROXY_VARIABLES, *(name.upper() for name in _PROXY_VARIABLES)}
    return {name: environment[name] for name in sorted(wanted) if environment.get(name)}


def apt_sources(codename: str) -> str:
    """The machine's own Debian mirrors for one release, one line each.

    Raises:
        StepError: apt has no index of that release.
    """
    listing = (
        "apt-get", "indextargets", "--format", "$(CODENAME) deb $(REPO_URI) $(RELEASE) $(COMPONENT)",
        "Created-By: Packages", "Origin: Debian",
    )  # fmt: skip
    lines = sources_of_release(process.output(listing), codename)
    if not lines:
        process.logged(["apt-get", "-o", "DPkg::Lock::Timeout=600", "update"], log="apt", timeout_seconds=900)
        lines = sources_of_release(process.output(listing), codename)
    if not lines:
        raise StepError(
            f"apt: must have a source of Debian {codename}, got none",
            cause="the lab's images are Debian and come from the mirror that this machine uses itself",
            hint=f"add a source of {codename} main to /etc/apt/sources.list.d, then apt-get update",
        )
    return "".join(f"{line}\n" for line in lines)


def sources_of_release(listing: str, codename: str) -> list[str]:
    """Choose the lines of `codename`, its updates and its security fixes, each once."""
    wanted = {codename, f"{codename}-updates", f"{codename}-security"}
    rows = (line.split(" ", 1) for line in listing.splitlines() if " " in line)
    return sorted({source for name, source in rows if name in wanted})


def apt_options(ca: Path | None) -> str:
    """The machine's apt settings that decide whether its mirror can be reached, as a configuration file."""
    dump = process.output(["apt-config", "dump", "--format", '%F "%v";%n', "Acquire"])
    return select_apt_options(dump, ca)


def select_apt_options(dump: str, ca: Path | None) -> str:
    """Keep proxy, timeout and date checks; `ca` is where whoever reads the file finds the certificates."""
    kept = [line for line in dump.splitlines() if _APT_KEYS.match(line) and "::CaInfo" not in line]
    if ca is not None:
        kept.append(f'Acquire::https::CAInfo "{ca}";')
    return "".join(f"{line}\n" for line in kept)


@functools.cache
def pip_config() -> str:
    """A pip.conf for builds, from what pip itself says it would use here."""
    for pip in ([sys.executable, "-m", "pip"], ["pip3"], ["pip"]):
        if process.succeeds([*pip, "--version"]):
            return select_pip_config(process.output([*pip, "config", "list"]))
    return select_pip_config("")


def select_pip_config(listing: str) -> str:
    """Keep what leads to the index; `find-links` and other paths of this machine mean nothing in a build.

    pip lists `section.key='value'`, the environment as section `:env:`, which wins over the files.
    """
    found: dict[str, str] = {}
    for line in sorted(listing.splitlines(), key=lambda line: line.startswith(":env:")):
        name, _, value = line.partition("=")
        key = name.rpartition(".")[2]
        if key in _PIP_KEYS:
            found[key] = value.strip("'\"")
    lines = [f"{key} = {value}" for key, value in sorted(found.items())]
    return "\n".join(["[global]", f"cert = {CA_IN_BUILD}", *lines, ""])


@functools.cache
def npm_config() -> str:
    """An .npmrc for builds; a machine without npm has no settings of its own to hand on."""
    listing = process.output(["npm", "config", "get", *_NPM_KEYS]) if shutil.which("npm") else ""
    return select_npm_config(listing)


def select_npm_config(listing: str) -> str:
    """Keep the lines `key=value` that npm has a value for."""
    lines = [line for line in listing.splitlines() if line.partition("=")[2] not in {"", "null", "undefined"}]
    return "\n".join([f"cafile={CA_IN_BUILD}", *lines, ""])
