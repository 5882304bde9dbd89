"""Which engine the lab takes, and that a build is complete or absent, with fake `pulumi` and `go` on PATH."""

from __future__ import annotations

import io
import os
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

from lab import engine, paths
from lab.engine import build, gotool, versions
from lab.process import StepError
from lab.steps import Steps

PULUMI = """#!/bin/sh
echo "$*" >> {calls}
[ "$1" = version ] && echo {version} && exit
[ {plugins} = reachable ] || {{ echo "error: dial tcp: i/o timeout" >&2; exit 1; }}
folder=$PULUMI_HOME/plugins/resource-$4-v$5
/bin/mkdir -p "$folder" && echo "$4" > "$folder/pulumi-resource-$4"
"""

GO = """#!/bin/sh
echo "$*" >> {calls}
[ "$1" = version ] && echo "go version {version} linux/amd64" && exit
[ "$1" = list ] && echo {sdk} && exit
for word; do [ "$before" = -o ] && target=$word; before=$word; done
/bin/mkdir -p "$(/usr/bin/dirname "$target")" && echo binary > "$target" && /bin/chmod 755 "$target"
case $target in *{broken}) echo "module not available" >&2; exit 1;; esac
"""


@dataclass
class Machine:
    """A machine whose PATH holds only what a test puts there."""

    root: Path

    def script(self, name: str, text: str, folder: Path | None = None) -> Path:
        """Put a program into a folder, by default into the one on PATH."""
        file = (folder or self.root / "bin") / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(0o755)
        return file

    def pulumi(self, version: str, *, plugins: str = "reachable", folder: Path | None = None) -> Path:
        """A `pulumi` that says its version and installs plugins."""
        text = PULUMI.format(version=version, plugins=plugins, calls=self.root / "pulumi-calls")
        return self.script("pulumi", text, folder)

    def go(self, version: str = "go1.26.8", *, broken: str = "nothing") -> None:
        """A `go` that writes a file where a program belongs; it fails on the one named `broken`."""
        sdk = self.root / "sdk"
        for script in build.SDK_SCRIPTS:
            (sdk / script).parent.mkdir(parents=True, exist_ok=True)
            (sdk / script).write_text("script")
        self.script("go", GO.format(version=version, broken=broken, sdk=sdk, calls=self.root / "go-calls"))

    def calls(self, program: str, command: str = "") -> int:
        """How often a fake program ran with this command."""
        file = self.root / f"{program}-calls"
        lines = file.read_text().splitlines() if file.exists() else []
        return sum(line.startswith(command) for line in lines)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setenv("AISWARM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    return Machine(tmp_path)


@pytest.fixture
def said() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def steps(said: io.StringIO) -> Steps:
    return Steps(console=Console(file=said, width=2000))


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("v3.259.0\n", (3, 259, 0)),
        ("v3.260.0-alpha.x1234", (3, 260, 0)),
        ("go version go1.26 linux/amd64", (1, 26, 0)),
        ("go version go1.25.11 linux/arm64", (1, 25, 11)),
        ("unknown", None),
    ],
)
def test_versions_are_read_as_programs_print_them(text: str, version: versions.Version | None) -> None:
    assert versions.parse(text) == version


def test_a_new_enough_pulumi_with_reachable_plugins_is_used(machine: Machine, steps: Steps) -> None:
    binary = machine.pulumi("v3.261.2")
    chosen = engine.ensure(steps)
    assert (chosen.bin_dir, chosen.version, chosen.built_here) == (binary.parent, "3.261.2", False)
    assert chosen.docker_plugin is None
    assert engine.find() == chosen


@pytest.mark.parametrize(
    ("version", "plugins", "reason"),
    [
        ("v3.258.9", "reachable", "it must be version 3.259.0 or a later 3.x"),
        ("v4.0.0", "reachable", "it must be version 3.259.0 or a later 3.x"),
        ("nonsense", "reachable", "it must be version 3.259.0 or a later 3.x"),
        ("v3.259.0", "unreachable", "its plugins cannot be installed here"),
    ],
)
def test_an_unusable_pulumi_is_named_with_the_reason_and_one_is_built(
    machine: Machine, *, version: str, plugins: str, reason: str
) -> None:
    binary = machine.pulumi(version, plugins=plugins)
    machine.go()
    said = io.StringIO()
    chosen = engine.ensure(Steps(console=Console(file=said, width=2000)))
    assert (chosen.built_here, chosen.version) == (True, "3.259.0")
    assert f"{binary} is not used: {reason}" in said.getvalue()


def test_a_refusal_is_remembered(machine: Machine, steps: Steps) -> None:
    machine.pulumi("v3.259.0", plugins="unreachable")
    machine.go()
    chosen = engine.ensure(steps)
    tried = machine.calls("pulumi", "plugin install")
    assert tried > 0
    assert engine.ensure(steps) == chosen == engine.find()
    assert machine.calls("pulumi", "plugin install") == tried


def test_the_engine_that_the_lab_built_is_no_engine_of_the_operator(
    machine: Machine, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.go()
    built = engine.ensure(steps)
    machine.pulumi("v3.259.0", folder=built.bin_dir)
    monkeypatch.setenv("PATH", f"{built.bin_dir}:{machine.root / 'bin'}")
    assert engine.ensure(steps) == built
    assert machine.calls("pulumi") == 0


def test_a_shell_without_go_finds_the_engine(machine: Machine, steps: Steps) -> None:
    machine.go()
    chosen = engine.ensure(steps)
    (machine.root / "bin" / "go").unlink()
    assert engine.find() == chosen


def test_an_update_of_go_is_no_reason_to_build_the_same_engine_again(machine: Machine, steps: Steps) -> None:
    machine.go("go1.26.8")
    chosen = engine.ensure(steps)
    machine.go("go1.26.9")
    assert engine.ensure(steps) == chosen == engine.find()
    assert machine.calls("go", "build") == len(build.parts())


def test_nothing_is_found_before_it_was_made(machine: Machine) -> None:
    machine.go()
    assert engine.find() is None


def test_a_build_is_made_once_and_its_programs_can_run(machine: Machine, steps: Steps) -> None:
    machine.go()
    chosen = engine.ensure(steps)
    programs = {file.name for file in chosen.bin_dir.iterdir() if os.access(file, os.X_OK)}
    assert programs == {
        "pulumi",
        "pulumi-language-python",
        "pulumi-language-python-exec",
        "pulumi-resource-pulumi-python",
    }
    assert chosen.docker_plugin is not None
    assert chosen.docker_plugin.exists()
    assert engine.ensure(steps) == chosen
    assert machine.calls("go", "build") == len(build.parts())


def test_a_build_that_fails_leaves_nothing_to_be_mistaken_for_an_engine(
    machine: Machine, steps: Steps
) -> None:
    machine.go(broken="pulumi-resource-docker")
    with pytest.raises(StepError, match="ended with status 1") as failure:
        engine.ensure(steps)
    assert "module not available" in str(failure.value)
    assert engine.find() is None
    machine.go()
    engine.ensure(steps)
    assert engine.find() is not None
    assert not list((machine.root / "cache" / "engine").glob("*.partial"))


def test_another_source_or_compiler_is_another_build(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = machine.root / "lab" / "engine"
    for module in ("cli", "languagehost", "dockerplugin"):
        (sources / module).mkdir(parents=True)
    (sources / "cli" / "go.mod").write_text("require github.com/pulumi/pulumi/pkg/v3 v3.259.0")
    host = sources / "languagehost" / "main.go"
    host.write_text("package main")
    monkeypatch.setattr(versions, "SOURCES", sources)
    monkeypatch.setattr(paths, "REPO", machine.root)
    go = gotool.Go(binary=Path("go"), version="1.26.8", packaged=False)
    first = build.folder(go)
    assert build.folder(go) == first
    assert build.folder(gotool.Go(binary=Path("go"), version="1.26.9", packaged=False)) != first
    host.write_text("package main // changed")
    assert build.folder(go) != first


@pytest.mark.parametrize("version", [None, "go1.19.8", "go1.25.3"])
def test_without_a_new_enough_go_the_packaged_one_is_taken(machine: Machine, version: str | None) -> None:
    if version:
        machine.go(version)
    go = gotool.find()
    assert go.packaged
    assert go.version == versions.dotted(versions.pinned_go())
    assert versions.pinned_go() >= versions.oldest_go()


def test_a_second_build_waits_for_the_first_and_says_so(
    machine: Machine, steps: Steps, said: io.StringIO
) -> None:
    machine.go()
    waiting = threading.Event()
    waiter = Steps(console=Console(file=_Notifying(waiting), width=200))
    results: list[engine.Engine] = []
    with build.exclusive(steps):
        thread = threading.Thread(target=lambda: results.append(engine.ensure(waiter)))
        thread.start()
        assert waiting.wait(timeout=10)
        assert not results
        assert said.getvalue() == ""
    thread.join(timeout=10)
    assert results == [engine.find()]


class _Notifying(io.StringIO):
    def __init__(self, event: threading.Event) -> None:
        super().__init__()
        self._event = event

    def write(self, text: str, /) -> int:
        if "wait for the engine build of another run" in text:
            self._event.set()
        return super().write(text)


def test_the_built_docker_plugin_is_installed_where_the_engine_looks(machine: Machine, steps: Steps) -> None:
    machine.go()
    chosen = engine.ensure(steps)
    home = machine.root / "home"
    engine.install_plugins(chosen, home)
    [installed] = [file for file in home.rglob("*") if file.is_file()]
    assert installed == home / f"plugins/resource-docker-v{versions.plugin('docker')}/pulumi-resource-docker"
    before = installed.stat().st_ino
    engine.install_plugins(chosen, home)
    assert installed.stat().st_ino == before
    assert chosen.docker_plugin is not None
    chosen.docker_plugin.write_text("a newer build")
    engine.install_plugins(chosen, home)
    assert installed.read_text() == "a newer build"


def test_official_plugins_are_installed_for_an_official_engine(machine: Machine, steps: Steps) -> None:
    machine.pulumi("v3.259.0")
    home = machine.root / "home"
    engine.install_plugins(engine.ensure(steps), home)
    assert {file.name for file in home.rglob("*") if file.is_file()} == {
        "pulumi-resource-docker",
        "pulumi-resource-random",
        "pulumi-resource-command",
        "pulumi-resource-vault",
    }
