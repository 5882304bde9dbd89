"""Volumes that are given to a service's user: what is asked of the engine, and the script run for real."""

from __future__ import annotations

import base64
import os
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

import components.deploy
from components.deploy.files import RUN
from components.model.mounts import GIVEN_OVER_MARK, DataVolume
from tests.components.deploying import deploy_on_oracle
from tests.components.samples import bare

SCRIPT = Path(components.deploy.__file__).with_name("give_over.sh")
USER = "4321:8765"
GIVEN = DataVolume(name="data", path="/data", given_over=True)
OURS = {"aiswarm.managed-by": "pulumi", "aiswarm.service": "plain"}

FAKE_DOCKER = """#!/bin/sh
case $4 in
'{{.Mountpoint}}') cat "$FAKE/mountpoint" ;;
*Labels*) grep -o "$(printf %s "$4" | cut -d'"' -f2)=.*" "$FAKE/labels" | cut -d= -f2 ;;
*) cat "$FAKE/options" ;;
esac
"""


@dataclass(frozen=True)
class Given:
    """A folder that stands for a volume, and what a fake Docker says of it."""

    fake: Path
    folder: Path

    def label(self, labels: dict[str, str]) -> None:
        """Let the volume have these labels."""
        (self.fake / "labels").write_text("".join(f"{key}={value}\n" for key, value in labels.items()))

    def give(self, user: str = USER) -> tuple[int, str]:
        """Run the script as the engine does; its status, and what it said."""
        done = subprocess.run(
            ["dash", "-c", RUN, "give-over", user, "oracle-plain", "plain", "aiswarm", GIVEN_OVER_MARK],
            env={"PATH": f"{self.fake}:{os.environ['PATH']}", "FAKE": str(self.fake)},
            input=f"{base64.b64encode(SCRIPT.read_bytes()).decode()}\noracle-plain-data\n",
            text=True, capture_output=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    @property
    def owner(self) -> str:
        """Who the folder belongs to."""
        found = self.folder.stat()
        return f"{found.st_uid}:{found.st_gid}"


@pytest.fixture
def given(tmp_path: Path) -> Given:
    made = Given(tmp_path / "bin", tmp_path / "_data")
    made.fake.mkdir()
    made.folder.mkdir()
    (made.fake / "docker").write_text(FAKE_DOCKER)
    (made.fake / "docker").chmod(0o755)
    (made.fake / "mountpoint").write_text(str(made.folder))
    (made.fake / "options").write_text("local 0")
    made.label(OURS)
    return made


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another user")


def test_only_a_volume_that_asks_for_it_is_given_and_before_its_container() -> None:
    recording = deploy_on_oracle(bare(volumes=(GIVEN, DataVolume(name="more", path="/more"))))
    (command,) = (found for found in recording.all(":Command") if found.name.endswith("-given-over"))

    assert command.name == "oracle-plain-data-given-over"
    assert command.needs == {"oracle-plain-data"}
    assert command.name in recording.one(":Container", "oracle-plain").needs
    assert shlex.split(command.inputs["create"])[:5] == ["sh", "-c", RUN, "give-over", "999:998"]
    assert command.inputs["update"] == command.inputs["create"]
    assert command.inputs["stdin"].splitlines()[1] == "oracle-plain-data"


def test_it_is_given_again_where_the_volume_is_replaced_and_nothing_ever_takes_it_back() -> None:
    recording = deploy_on_oracle(bare(volumes=(GIVEN,)))
    command = recording.one(":Command", "oracle-plain-data-given-over")

    assert [urn.rpartition("::")[2] for urn in command.request.replace_with] == ["oracle-plain-data"]
    assert "delete" not in command.inputs


@needs_root
def test_an_empty_volume_is_given_and_then_not_empty_for_docker(given: Given) -> None:
    assert given.give() == (0, "")

    assert given.owner == USER
    assert (given.folder / GIVEN_OVER_MARK).read_text() == f"{USER}\n"
    assert given.folder.stat().st_mode & 0o777 == 0o750


@needs_root
def test_once_given_its_data_is_left_alone(given: Given) -> None:
    given.give()
    data = given.folder / "data"
    data.write_text("precious")
    os.chown(data, 1, 1)

    assert given.give() == (0, "")
    (given.folder / GIVEN_OVER_MARK).unlink()
    assert given.give() == (0, ""), "its user may have removed the mark"

    assert (data.stat().st_uid, data.read_text()) == (1, "precious")


@needs_root
def test_another_user_is_refused_with_what_to_do(given: Given) -> None:
    given.give()
    (given.folder / "data").write_text("precious")

    status, said = given.give("5:6")

    assert status == 1
    assert f"was given to {USER} and the service now runs as 5:6" in said
    assert f"chown -R 5:6 {given.folder} && echo 5:6 >{given.folder}/{GIVEN_OVER_MARK}" in said
    assert given.owner == USER


@needs_root
@pytest.mark.parametrize(
    ("labels", "options", "content", "expected"),
    [
        (OURS, "local 0", "precious", "must be empty or belong to 4321:8765, got data of 0:0"),
        (OURS, "nfs 0", "", "must be a plain local one, got driver and number of options nfs 0"),
        (OURS, "local 3", "", "must be a plain local one, got driver and number of options local 3"),
        ({}, "local 0", "", "must have been made by this program, got one without its labels"),
        ({**OURS, "aiswarm.service": "other"}, "local 0", "", "must have been made by this program"),
    ],
)
def test_what_is_not_an_own_and_empty_volume_is_refused(
    given: Given, labels: dict[str, str], options: str, content: str, expected: str
) -> None:
    given.label(labels)
    (given.fake / "options").write_text(options)
    if content:
        (given.folder / "data").write_text(content)

    status, said = given.give()

    assert status == 1
    assert said.startswith(f"oracle-plain: volume oracle-plain-data {expected}")
    assert given.owner == "0:0"
    assert not (given.folder / GIVEN_OVER_MARK).exists()


def test_a_volume_that_is_not_there_is_an_error(given: Given) -> None:
    (given.fake / "docker").write_text("#!/bin/sh\nexit 1\n")

    status, said = given.give()

    assert (status, "volume oracle-plain-data must be there" in said) == (1, True)
