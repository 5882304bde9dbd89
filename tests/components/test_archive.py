"""The archive of a service's files: deterministic, and nothing in it leads out of the folder."""

from __future__ import annotations

import pytest

from components.deploy.archive import pack
from components.model.files import ConfigFile
from components.model.problems import SpecError

USER = "4321:8765"


def test_the_same_files_always_give_the_same_text() -> None:
    files = [ConfigFile(name="b", text="2"), ConfigFile(name="a/c", text="1")]

    assert pack(files, {"x": "1", "y": "2"}, USER) == pack(files[::-1], {"y": "2", "x": "1"}, USER)


@pytest.mark.parametrize("name", ["/etc/passwd", "../up", ".next", "a/../b", "two\nlines", "a//b"])
def test_names_that_would_leave_the_folder_are_refused(name: str) -> None:
    with pytest.raises(SpecError, match="must be a relative path"):
        pack([ConfigFile(name=name, text="")], {}, USER)
