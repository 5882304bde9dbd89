"""`./swarm rotate`: show what a rotation would do, or do it and prove it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from ops import lab_bridge
from ops.rotate import certificates, report, targets
from ops.rotate.apply import apply
from ops.rotate.changes import Change, change_of
from ops.rotate.errors import RotationError
from ops.rotate.plan import Plan, plan
from ops.rotate.proofs import Surroundings
from ops.rotate.targets import TLS, VAULT_TLS, Target
from ops.session import JsonOption, StackOption, YesOption, console, open_stack, progress, refuse_usage, say
from ops.stack import Stack

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="As `./swarm rotate --list` shows it.")]
ListOption = Annotated[bool, typer.Option("--list", help="Show everything that can be rotated, and stop.")]
ApplyOption = Annotated[
    bool, typer.Option("--apply/--plan", help="Rotate and prove it, or only show what would happen.")
]
CaOption = Annotated[
    Path | None,
    typer.Option("--ca", exists=True, dir_okay=False, help="Certificate authority of the front door, PEM."),
]
AuthorityOption = Annotated[
    Path | None,
    typer.Option("--authority", file_okay=False, help="For vault-tls: folder with ca.pem and ca.key."),
]
CertificateOption = Annotated[
    Path | None, typer.Option("--certificate", dir_okay=False, help="For tls: the next chain, PEM.")
]
PrivateKeyOption = Annotated[
    Path | None, typer.Option("--private-key", dir_okay=False, help="For tls: its private key, PEM.")
]


def rotate_command(  # noqa: PLR0913 - each is an option of one command
    name: NameArgument = "",
    *,
    list_all: ListOption = False,
    do_apply: ApplyOption = False,
    yes: YesOption = False,
    stack_name: StackOption = lab_bridge.STACK,
    as_json: JsonOption = False,
    ca: CaOption = None,
    authority: AuthorityOption = None,
    certificate: CertificateOption = None,
    private_key: PrivateKeyOption = None,
) -> None:
    """Put another value in place of a secret, and prove that the old one opens nothing any more.

    Example: ./swarm rotate redis-password --apply --stack prod
    """
    # Paths count from where the operator stands, and opening the stack goes elsewhere.
    files = _resolved(ca=ca, authority=authority, certificate=certificate, private_key=private_key)
    found = open_stack(stack_name)
    known, never = targets.rotatable(found), targets.never(found)
    if list_all:
        _show(report.list_json(known, never) if as_json else report.list_table(known, never))
        return
    target = _chosen(name, known, never)
    around = Surroundings(found, files["ca"] or _front_door_authority(found))
    planned = plan(found, target)
    if not do_apply:
        _show_plan(planned, as_json=as_json)
        progress(f"nothing was changed; to do it: ./swarm rotate {name} --apply --stack {found.name}")
        return
    if name == VAULT_TLS and not certificates.is_usable(found):
        _mend(found, files["authority"])
        return
    change = _change(around, target, files)
    _rotate(change, around, planned, yes=yes, as_json=as_json)


def _resolved(**given: Path | None) -> dict[str, Path | None]:
    return {option: path.resolve() if path else None for option, path in given.items()}


def _chosen(name: str, known: Mapping[str, Target], never: Mapping[str, str]) -> Target:
    if name in known:
        return known[name]
    if name in never:
        raise refuse_usage(f"{name}: is never rotated, because {never[name]}; nothing was changed")
    raise refuse_usage(f"{name or 'NAME'}: must be one of {', '.join(known)}; nothing was changed")


def _change(around: Surroundings, target: Target, files: dict[str, Path | None]) -> Change:
    """The change that rotates the target; what the operator has to hand over for it is checked first."""
    if target.name == TLS:
        pair = certificates.given(files["certificate"], files["private_key"])
    elif target.name == VAULT_TLS:
        pair = certificates.issued(around.stack, _authority_folder(around.stack, files["authority"]))
    else:
        return change_of(around, target)
    return certificates.CertificateChange(around.stack, target, pair)


def _authority_folder(found: Stack, given: Path | None) -> Path:
    if given is not None:
        return given
    if found.name == lab_bridge.STACK:
        return lab_bridge.vault_authority()
    raise refuse_usage("--authority: must name the folder with ca.pem and ca.key; nothing was changed")


def _front_door_authority(found: Stack) -> Path | None:
    return lab_bridge.ca_file() if found.name == lab_bridge.STACK else None


def _mend(found: Stack, folder: Path | None) -> None:
    """There is nothing to rotate where no server can be trusted yet, or any more: so only a pair is made."""
    where = _authority_folder(found, folder)
    if found.settings.vault.ca_certificate:
        certificates.renew(found, where)
        say(f"{VAULT_TLS}: the certificate in the stack file could not be used; another one is there now")
    else:
        certificates.begin(found, where)
        say(f"{VAULT_TLS}: made an authority in {where}; keep ca.key there off every node, and back it up")
    say(f"next: pulumi up --stack {found.name}")


def _rotate(change: Change, around: Surroundings, planned: Plan, *, yes: bool, as_json: bool) -> None:
    tell = progress if as_json else say
    if not as_json:
        _show_plan(planned, as_json=False)
    if not yes:
        typer.confirm(f"Rotate {planned.name} on stack {around.stack.name} now?", abort=True, err=as_json)
    outcome = apply(change, around, tell)
    if as_json:
        _show(report.outcome_json(outcome))
    else:
        for table in report.outcome_tables(outcome):
            console.print(table)
    if not outcome.proven:
        raise RotationError(
            f"{planned.name}: rotated, and not proven within the time; look at the services named above and "
            "at their nodes' agents, then run `pulumi up` and rotate once more"
        )
    tell(f"{planned.name}: rotated and proven in {outcome.seconds:.0f} s; commit the stack file")


def _show_plan(planned: Plan, *, as_json: bool) -> None:
    if as_json:
        _show(report.plan_json(planned))
        return
    console.print(report.plan_table(planned))
    say(f"stack file: {planned.changes}")
    for note in planned.notes:
        say(f"note: {note}")


def _show(content: object) -> None:
    if isinstance(content, dict):
        print(json.dumps(content, indent=2))  # noqa: T201 - for scripts
    else:
        console.print(content)
