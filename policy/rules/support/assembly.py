"""All rules of the folder, in the order in which they have to be asked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import cast

from . import exceptions_file
from .exceptions import Exceptions
from .rule import AnyRule


def every_rule() -> list[AnyRule]:
    """All of them by their ids."""
    folder = Path(__file__).parents[1]
    package = __name__.rpartition(".support.")[0]
    names = [module.name for module in iter_modules([str(folder)]) if not module.ispkg]
    found = [cast("AnyRule", import_module(f"{package}.{name}").RULE) for name in names]
    return sorted(found, key=lambda rule: rule.id)


def read_exceptions(file: Path, rules: Iterable[AnyRule], today: date) -> Exceptions:
    """What is granted today."""
    return exceptions_file.read(file, {rule.id: rule.excusable for rule in rules}, today)
