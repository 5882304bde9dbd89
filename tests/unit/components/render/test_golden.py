"""Every rendered file as a reviewer has seen it."""

from __future__ import annotations

import pytest

from components.catalogue.swarm import swarm
from tests.golden_files import FOLDER, assert_golden
from tests.unit.components.stacks import STACKS, settings

FILES = {
    f"{stack}/{spec.full_name}/{file.name}": file.text
    for stack in STACKS
    for specs in swarm(settings(stack)).values()
    for spec in specs
    if spec.configuration
    for file in spec.configuration.files
}


@pytest.mark.parametrize("name", FILES)
def test_rendered_file_is_as_reviewed(name: str) -> None:
    assert_golden(f"files/{name}", FILES[name])


def test_no_golden_file_is_left_over() -> None:
    folder = FOLDER / "files"
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} == set(FILES)
