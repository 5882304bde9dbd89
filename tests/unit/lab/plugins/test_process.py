"""The installed plugin as the engine starts it: found by exact version, quick to end, never an orphan."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import provider_pb2_grpc as rpc

from lab import plugins, process
from lab.plugins.kit.values import SIGNATURE, to_struct

PYTHON = Path(sys.executable)


def _launcher(home: Path, name: str) -> Path:
    version = json.loads(files(f"pulumi_{name}").joinpath("pulumi-plugin.json").read_text())["version"]
    return home / "plugins" / f"resource-{name}-v{version}" / f"pulumi-resource-{name}"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A PULUMI_HOME, in a folder whose name needs quoting, with the plugins installed."""
    folder = tmp_path / "pulumi home's"
    plugins.install(folder, PYTHON)
    return folder


def test_install_is_idempotent_and_follows_the_checkout(home: Path) -> None:
    path = _launcher(home, "random")
    before = path.stat()
    plugins.install(home, PYTHON)
    assert path.stat().st_ino == before.st_ino
    text = path.read_text()
    path.write_text(text.replace(str(plugins.BOOT), "/an/older/checkout/boot.py"))
    plugins.install(home, PYTHON)
    assert path.read_text() == text
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_install_replaces_an_official_binary(home: Path) -> None:
    path = _launcher(home, "command")
    path.write_bytes(b"\x7fELF\xff\xfe")
    plugins.install(home, PYTHON)
    assert path.read_text().startswith("#!/bin/sh\n")


def test_install_names_a_missing_sdk(tmp_path: Path) -> None:
    bare = tmp_path / "venv"
    subprocess.run([PYTHON, "-m", "venv", "--without-pip", bare], check=True)
    with pytest.raises(process.StepError, match="the Python SDK `pulumi_random` must be installed"):
        plugins.install(tmp_path, bare / "bin" / "python")


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("random", {}),
        ("command", {}),
        ("vault", {"address": "https://127.0.0.1:1", "authLogin": '{"path": "a", "parameters": {}}'}),
    ],
)
def test_plugin_starts_from_anywhere_and_ends_on_a_signal(
    home: Path, tmp_path: Path, name: str, settings: dict[str, str]
) -> None:
    (tmp_path / "secrets.py").write_text("raise SystemExit('a module of the program must not be imported')")
    path = _launcher(home, name)
    with subprocess.Popen([path, "127.0.0.1:1"], stdout=subprocess.PIPE, cwd=tmp_path) as running:
        assert running.stdout is not None
        with grpc.insecure_channel(f"127.0.0.1:{int(running.stdout.readline())}") as channel:
            stub = rpc.ResourceProviderStub(channel)
            assert stub.GetPluginInfo(empty_pb2.Empty()).version == path.parent.name.rsplit("-v", 1)[1]
            assert stub.Handshake(pb.ProviderHandshakeRequest()).accept_secrets
            args = to_struct({"version": "1.0.0", **settings})
            configured = stub.Configure(pb.ConfigureRequest(acceptSecrets=True, args=args))
            assert configured.acceptSecrets
            assert configured.supportsPreview
        running.send_signal(signal.SIGINT)
        assert running.wait(10) == 0


def test_secret_on_the_wire_has_the_engines_signature(home: Path) -> None:
    kind = "random:index/randomPassword:RandomPassword"
    with subprocess.Popen([_launcher(home, "random")], stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        with grpc.insecure_channel(f"127.0.0.1:{int(running.stdout.readline())}") as channel:
            request = pb.CreateRequest(type=kind, name="p", urn=f"urn:pulumi:lab::aiswarm::{kind}::p")
            request.properties.update({"length": 16})
            made = rpc.ResourceProviderStub(channel).Create(request).properties
        running.terminate()
    assert made["result"][SIGNATURE] == "1b47061264138c4ac30d75fd1eb44270"
    assert len(made["result"]["value"]) == 16


def test_plugin_follows_a_killed_engine(home: Path) -> None:
    starter = "import subprocess, sys, time; subprocess.Popen(sys.argv[1:]); time.sleep(600)"
    command: list[str | Path] = [PYTHON, "-c", starter, _launcher(home, "random")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as engine:
        assert engine.stdout is not None
        port = int(engine.stdout.readline())
        engine.kill()
        engine.wait()
        deadline = time.monotonic() + 10
        while _listens(port):
            assert time.monotonic() < deadline, "the plugin must end within 10 s of its engine"
            os.sched_yield()


def _listens(port: int) -> bool:
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        try:
            rpc.ResourceProviderStub(channel).GetPluginInfo(empty_pb2.Empty(), timeout=2)
        except grpc.RpcError:
            return False
        return True


@pytest.mark.parametrize(("name", "module"), [("command", "remote"), ("vault", "server")])
def test_start_does_not_load_the_whole_sdk(name: str, module: str) -> None:
    """What makes the start cheap; the time itself depends on the machine."""
    command: list[str | Path] = [PYTHON, "-X", "importtime", "-I", plugins.BOOT, name, "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert int(running.stdout.readline())
        running.terminate()
        _, times = running.communicate()
    loaded = {line.rsplit("|", 1)[-1].strip() for line in times.decode().splitlines()}
    assert f"lab.plugins.resource_{name}.{module}" in loaded
    assert not {"paramiko", "bcrypt", "hvac", "requests", "yaml", "dill", "pulumi"} & loaded
