"""One edit each of what is run or told on a machine, and the rule that must then fire."""

from __future__ import annotations

import base64

from policy.rules.support.resources import COMMAND
from tests.policy import given
from tests.policy.cases_ctr import Case, redis, setting
from tests.policy.cases_ops import files, prepared, told

GIVEN_OVER = "thanos-rag-data-given-over"


def with_a_tab(inputs: given.Props) -> None:
    """Another content before the known one, in what the script takes for a word of its own."""
    evil = base64.b64encode(b"kernel.core_pattern = |/tmp/x\n").decode()
    told(".conf - ", f".conf -\t{evil} ", "stdin")(inputs)


def with_the_mark_inside(inputs: given.Props) -> None:
    """The stack's mark in the middle of a line, where it makes a comment of the rest."""
    lines = str(inputs["stdin"]).split("\n")
    number = next(number for number, line in enumerate(lines) if "gpu-power-cap.sh" in line)
    *words, content = lines[number].split(" ")
    first, mark, rest = base64.b64decode(content).decode().split("\n", 2)
    moved = f"{first}\n{rest[:8]}{mark}\n{rest[8:]}"
    lines[number] = " ".join([*words, base64.b64encode(moved.encode()).decode()])
    inputs["stdin"] = "\n".join(lines)


CASES = (
    files(told("-- /opt", "--\n/opt", "delete")),
    files(told("sh -c", '"sh" -c', "create", "update")),
    files(told("sh -c", "sh  -c", "create")),
    prepared("oracle", with_a_tab),
    prepared("thanos", with_the_mark_inside),
    Case("OPS-005", COMMAND, GIVEN_OVER, told("thanos-rag-data\n", "thanos-sillytavern-data\n", "stdin")),
    Case("OPS-005", COMMAND, GIVEN_OVER, told("thanos-rag-data\n", "thanos-rag-data\nmore\n", "stdin")),
    Case("DAT-001", COMMAND, "oracle-postgres-settle", setting(stdin="docker stop Qdrant")),
    redis("CTR-002", setting(user="Hunter2!:999")),
)
