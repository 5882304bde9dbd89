"""The places on a node: Docker's objects, processes, container logs, the audit log, and files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from components.catalogue import vault
from components.model.naming import HOST_ROOT, volume_name
from components.model.specs import ServiceSpec
from ops.prove.homes import Home, Kind, Seen, homes, judged
from ops.prove.needles import Needles
from ops.prove.report import Outcome, gathered, in_text
from ops.prove.search import Answer, Hit, Runner, SearchError, describe, search

ROOTS = (HOST_ROOT, "/dev/shm", "/etc", "/home", "/root", "/run", "/srv", "/tmp", "/var/log", "/var/tmp")  # noqa: S108 - searched, not used
"""Folders on a node in which programs leave files; Docker's own are added there. What the system came with is
left out: nobody writes there."""

_PROCESS = re.compile(r"/proc/(\d+)/(cmdline|environ)")
_WHAT = {"cmdline": "arguments", "environ": "environment"}


def docker_objects(run: Runner, needles: Needles) -> Outcome:
    """What anyone may read who may ask Docker: all of `inspect` and `history`.

    Raises:
        SearchError: The node's answer is not what Docker prints.
    """
    found = []
    count = 0
    for title, item in _described(describe(run)):
        count += 1
        # Most objects hold nothing, and one search of their text tells so.
        if needles.within(json.dumps(item, ensure_ascii=False)):
            for path, text in _texts(item):
                found += in_text(f"{title}: {path}", needles.within(text))
    return Outcome(searched=f"{count} objects", findings=gathered(found))


def _described(printed: str) -> Iterator[tuple[str, Any]]:
    kind = ""
    for value in _values(printed):
        if isinstance(value, list):
            yield from ((f"{kind} {_name(item)}", item) for item in value)
        elif "kind" in value:
            kind = value["kind"]
        else:
            yield f"history of image {value['image']}", value["history"]


def _values(printed: str) -> Iterator[Any]:
    """The JSON values that follow each other in a text."""
    decoder = json.JSONDecoder()
    rest = printed.strip()
    while rest:
        try:
            value, end = decoder.raw_decode(rest)
        except json.JSONDecodeError as error:
            raise SearchError(f"docker inspect: must print JSON, got an error at {error.pos}") from error
        yield value
        rest = rest[end:].lstrip()


def _name(item: dict[str, Any]) -> str:
    tags = item.get("RepoTags") or [item.get("Id", "")]
    return str(item.get("Name") or tags[0]).removeprefix("/")


def _texts(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text within a JSON value, names of members too, with its path."""
    if isinstance(value, dict):
        for key, member in value.items():
            inner = f"{path}.{key}" if path else str(key)
            yield f"{path or 'object'} (name of a member)", str(key)
            yield from _texts(member, inner)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _texts(member, f"{path}[{index}]")
    elif value is not None:
        yield path, str(value)


def processes(run: Runner, needles: Needles, specs: Sequence[ServiceSpec], known: Sequence[str]) -> Outcome:
    """Arguments and environment of every process; some programs take secrets from nowhere else."""
    answer = search(run, needles, "processes")
    own = [home for home in homes(specs) if home.kind is Kind.ENVIRONMENT]
    seen = [_process(hit, answer, own) for hit in answer.hits]
    findings, allowed, problems = judged(seen, own, known)
    return Outcome(
        searched=f"{answer.count('processes')} processes",
        findings=findings,
        allowed=allowed,
        problems=(*answer.problems, *problems),
    )


def _process(hit: Hit, answer: Answer, own: Sequence[Home]) -> Seen:
    found = _PROCESS.fullmatch(hit.path)
    if found is None:
        raise SearchError(f"{hit.path}: must be arguments or environment of a process")
    pid, what = found.groups()
    # The innermost group stands last; a node that is a container itself has outer ones, unknown to it.
    groups = [text for _, text in answer.facts.get(f"/proc/{pid}/cgroup", ())]
    container = next((answer.facts[each][0][1] for each in reversed(groups) if each in answer.facts), "")
    program = next((text for _, text in answer.facts.get(f"/proc/{pid}/comm", ())), "a program that ended")
    of = f"{program} in {container}" if container else program
    home = next((each for each in own if what == "environ" and each.key == container), None)
    return Seen(f"{_WHAT[what]} of {of}, process {pid}", hit.offset, hit.source, home)


def container_logs(run: Runner, needles: Needles) -> Outcome:
    """What every container has printed."""
    answer = search(run, needles, "container_logs")
    return Outcome(
        searched=f"{len(answer.facts.get('container', ()))} logs",
        findings=gathered((f"log of {hit.path}", hit.offset, hit.source) for hit in answer.hits),
        problems=answer.problems,
    )


def audit_volume(specs: Sequence[ServiceSpec]) -> str:
    """Name of the volume with the Vault server's audit log, empty on a node without the server."""
    return next(
        (volume_name(spec.node, spec.name, "audit") for spec in specs if spec.name == vault.SERVER), ""
    )


def audit_log(run: Runner, needles: Needles, volume: str) -> Outcome:
    """What the Vault server writes down of every request: it must hash the values."""
    answer = search(run, needles, "volume", volume)
    empty = () if answer.count("filled") else (f"volume {volume}: must hold an audit log, got an empty one",)
    return Outcome(
        searched=f"{answer.count('files')} files",
        findings=gathered((hit.path, hit.offset, hit.source) for hit in answer.hits),
        problems=(*answer.problems, *empty),
    )


def files(run: Runner, needles: Needles, specs: Sequence[ServiceSpec], known: Sequence[str]) -> Outcome:
    """Files on disk and in memory, with Docker's layers, logs and volumes."""
    answer = search(run, needles, "node_files", *ROOTS)
    own = [home for home in homes(specs) if home.kind is not Kind.ENVIRONMENT]
    audit = audit_volume(specs)
    seen = [
        Seen(hit.path, hit.offset, hit.source, _home(hit.path, own, answer))
        for hit in answer.hits
        if not audit or f"/volumes/{audit}/_data/" not in hit.path
    ]
    findings, allowed, problems = judged(seen, own, known)
    return Outcome(
        searched=f"{answer.count('files')} files",
        findings=findings,
        allowed=allowed,
        problems=(*answer.problems, *problems),
    )


def _home(path: str, own: Sequence[Home], answer: Answer) -> Home | None:
    """The home that a file lies in; a volume that is not in memory is none."""
    in_memory = [text for _, text in answer.facts.get("tmpfs", ())]
    for home in own:
        folders = [home.key]
        if home.kind is Kind.VOLUME:
            folders = [each for each in in_memory if each.endswith(f"/volumes/{home.key}/_data")]
        if any(path.startswith(f"{folder}/") for folder in folders):
            return home
    return None
