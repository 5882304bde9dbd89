"""What Grafana reads from its provisioning folder, refused where the real one could not use it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


class ProvisioningError(Exception):
    """A file is not what Grafana expects; names the file and what must hold."""


@dataclass(frozen=True)
class Provisioned:
    """Data sources and dashboards, as the files have them."""

    datasources: tuple[Mapping[str, Any], ...]
    dashboards: tuple[Mapping[str, Any], ...]


def read(folder: Path) -> Provisioned:
    """Read the folder.

    Raises:
        ProvisioningError: Something in it is broken.
    """
    sources = tuple(_source(file, each) for file, each in _entries(folder / "datasources", "datasources"))
    _check_unique(folder / "datasources", [source["uid"] for source in sources])
    boards = tuple(
        board for file, each in _entries(folder / "dashboards", "providers") for board in _boards(file, each)
    )
    _check_unique(folder / "dashboards", [board["uid"] for board in boards])
    return Provisioned(sources, boards)


def _entries(folder: Path, key: str) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    for file in sorted(folder.glob("*.y*ml")) if folder.is_dir() else ():
        try:
            document = yaml.safe_load(file.read_text())
        except yaml.YAMLError as error:
            raise ProvisioningError(f"{file}: must be YAML, got {error}") from error
        if not isinstance(document, dict) or document.get("apiVersion") != 1:
            raise ProvisioningError(f"{file}: apiVersion must be 1")
        for entry in document.get(key) or ():
            yield file, entry


def _source(file: Path, entry: Mapping[str, Any]) -> Mapping[str, Any]:
    for name in ("name", "uid", "type", "access", "url"):
        if not entry.get(name):
            raise ProvisioningError(f"{file}: datasources.{entry.get('name')}.{name} must be set")
    return entry


def _boards(file: Path, provider: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    where = Path(str((provider.get("options") or {}).get("path", "")))
    if not where.is_absolute() or not where.is_dir():
        raise ProvisioningError(f"{file}: options.path must be a folder, got {where}")
    for board in sorted(where.glob("**/*.json")):
        try:
            document = json.loads(board.read_text())
        except ValueError as error:
            raise ProvisioningError(f"{board}: must be JSON, got {error}") from error
        for name in ("uid", "title"):
            if not isinstance(document, dict) or not document.get(name):
                raise ProvisioningError(f"{board}: {name} must be set")
        yield {"folderTitle": provider.get("folder", ""), **document}


def _check_unique(where: Path, uids: list[str]) -> None:
    if len(set(uids)) != len(uids):
        raise ProvisioningError(f"{where}: uids must be unique, got {', '.join(uids)}")
