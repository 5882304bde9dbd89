"""What the lab's service images are made of, and the name that each recipe gives its image.

No Docker and no network here: a name is a hash of the recipe and of the base below it, so that a changed
file makes a new image and an unchanged one is never built again.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lab import paths, programs
from lab.programs import Program

FOLDER: Final = paths.REPO / "lab" / "images"
OWN: Final = paths.REPO / "images"
_STAND_IN: Final = (
    "lab/__init__.py",
    "lab/fakes/__init__.py",
    "lab/fakes/server.py",
    "lab/fakes/requirements.lock",
)
_WEB: Final = (
    *_STAND_IN,
    "lab/fakes/forms.py",
    "lab/fakes/keys.py",
    "lab/fakes/routes.py",
    "lab/fakes/upstream.py",
    "lab/fakes/words.py",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How one image is made.

    Attributes:
        name: The image's name, and the folder of its Dockerfile.
        own: The folder lies in `images/`: the image of our own that production runs too, on another base.
        stand_in: It imitates the product instead of being it.
        programs: Files and folders of the checkout that go into the build beside the recipe's own folder.
        built: What is compiled here for the image; its file goes into the build under its name.
    """

    name: str
    own: bool = False
    stand_in: bool = False
    programs: tuple[str, ...] = ()
    built: tuple[Program, ...] = ()

    @property
    def folder(self) -> Path:
        """Where its Dockerfile lies."""
        return (OWN if self.own else FOLDER) / self.name

    def tag(self, base: str) -> str:
        """Name the image by everything that goes into it but the day's package versions."""
        ours = (paths.REPO / each for each in self.programs)
        sources = (program.sources for program in self.built)
        return paths.hash_tree([self.folder, *ours, *sources], base)

    def fill(self, context: Path) -> None:
        """Put everything that the build may see into an empty folder."""
        bytecode = shutil.ignore_patterns("__pycache__")
        shutil.copytree(self.folder, context, dirs_exist_ok=True, ignore=bytecode)
        for program in self.programs:
            source, target = paths.REPO / program, context / program
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=bytecode)
            else:
                shutil.copy2(source, target)


RECIPES: Final = (
    Recipe(name="postgres"),
    Recipe(name="redis"),
    Recipe(name="haproxy"),
    Recipe(name="litellm"),
    Recipe(name="prometheus"),
    Recipe(name="alertmanager"),
    Recipe(name="postgres-exporter"),
    Recipe(name="redis-exporter"),
    Recipe(name="node-exporter"),
    Recipe(name="blackbox-exporter"),
    Recipe(name="openbao"),
    Recipe(name="consul", built=(programs.CONSUL,)),
    Recipe(name="sillytavern"),
    Recipe(name="gpt-researcher", own=True),
    Recipe(name="vllm", stand_in=True, programs=(*_STAND_IN, "lab/fakes/vllm")),
    Recipe(name="gpu-exporter", stand_in=True, programs=(*_STAND_IN, "lab/fakes/gpu")),
    Recipe(
        name="grafana",
        stand_in=True,
        programs=(*_WEB, "lab/fakes/accounts.py", "lab/fakes/grafana"),
    ),
    Recipe(name="open-webui", stand_in=True, programs=(*_WEB, "lab/fakes/accounts.py", "lab/fakes/webui")),
    Recipe(name="docling", stand_in=True, programs=(*_WEB, "lab/fakes/docling")),
    Recipe(name="lightrag", stand_in=True, programs=(*_WEB, "lab/fakes/lightrag")),
    Recipe(name="qdrant", stand_in=True, programs=(*_WEB, "lab/fakes/qdrant")),
    Recipe(
        name="railway",
        stand_in=True,
        programs=(*_WEB, "lab/fakes/vllm", "lab/fakes/railway", "components/railway/schema.graphql"),
    ),
    Recipe(name="pause", stand_in=True),
)

TWO_ARCH: Final = ("postgres", "redis")
"""The images that the lab also has for the other architecture: emulated, they start within seconds."""
