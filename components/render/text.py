"""How configuration text is made: YAML from mappings, everything line-oriented from a template file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from string import Template

import yaml

_TEMPLATES = Path(__file__).parent / "templates"


class _SectionSign(Template):
    """Placeholders as `§{name}`: our targets give `$`, `%`, `@`, `~` and `&` a meaning of their own."""

    delimiter = "§"


def from_template(file: str, /, **values: object) -> str:
    """Fill the template `file`; a placeholder without value is an error."""
    return _SectionSign((_TEMPLATES / file).read_text(encoding="utf-8")).substitute(values)


def as_yaml(document: Mapping[str, object]) -> str:
    """Write `document` in the order it was built in, which is the order a reader expects."""
    text: str = yaml.safe_dump(document, sort_keys=False, width=110, allow_unicode=True)
    return text
