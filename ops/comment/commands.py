"""`./swarm comment`: write the comment on a pull request from files, and `post` it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import httpx
import typer

from ops.comment import forge
from ops.comment.gather import gather
from ops.session import REPO, refuse_usage, say

ACTIONS_LOGIN = "github-actions[bot]"
"""Under which GITHUB_TOKEN writes in a workflow."""

comment_app = typer.Typer(rich_markup_mode="rich")

EventsOption = Annotated[
    list[Path] | None,
    typer.Option("--events", metavar="FILE", help="Events of a preview, one stack each; may be given again."),
]
BaseEventsOption = Annotated[
    list[Path] | None,
    typer.Option("--base-events", metavar="FILE", help="The same of what the change is compared with."),
]
PlanOption = Annotated[
    list[Path] | None, typer.Option("--plan", metavar="FILE", help="What `./swarm plan --json` wrote.")
]
BasePlanOption = Annotated[
    list[Path] | None, typer.Option("--base-plan", metavar="FILE", help="The same before the change.")
]
GateOption = Annotated[
    list[Path] | None, typer.Option("--gate", metavar="FILE", help="What `./swarm gate --json` wrote.")
]
OutOption = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Where the comment goes.")]
FileOption = Annotated[Path, typer.Option("--file", exists=True, dir_okay=False, help="The comment.")]
NumberOption = Annotated[int, typer.Option("--pull-request", min=1, help="Its number.")]
RepositoryOption = Annotated[
    str, typer.Option("--repository", envvar="GITHUB_REPOSITORY", help="As owner/name.")
]
ApiOption = Annotated[
    str, typer.Option("--api", envvar="GITHUB_API_URL", help="Address of the forge's REST interface.")
]
AuthorOption = Annotated[str, typer.Option("--author", help="Login that the token writes under.")]


@comment_app.callback(invoke_without_command=True)
def comment_command(
    context: typer.Context,
    *,
    events_files: EventsOption = None,
    base_events: BaseEventsOption = None,
    plan: PlanOption = None,
    base_plan: BasePlanOption = None,
    gate: GateOption = None,
    out: OutOption = None,
) -> None:
    """Write what a change would do as a comment; from files, also where a preview failed and left but half.

    Example: ./swarm comment --events prod.ndjson --plan plan.json --base-plan base.json --out comment.md
    """
    if context.invoked_subcommand is not None:
        return
    if not events_files or out is None:
        raise refuse_usage("comment: must get --events and --out")
    comment = gather(
        events_files,
        base_events=base_events or (),
        plans=plan or (),
        base_plans=base_plan or (),
        gates=gate or (),
        exceptions=REPO / "policy" / "exceptions.yaml",
        today=datetime.now(tz=UTC).date(),
    )
    text = comment.render()
    out.write_text(text, encoding="utf-8")
    say(f"{out}: {len(text)} characters")


@comment_app.command("post")
def post_command(
    *,
    file: FileOption,
    number: NumberOption,
    repository: RepositoryOption,
    api: ApiOption = "https://api.github.com",
    author: AuthorOption = ACTIONS_LOGIN,
) -> None:
    """Put the comment on its pull request, in place of the one that is there. Needs GITHUB_TOKEN.

    Example: ./swarm comment post --pull-request 7 --repository owner/name --file comment.md
    """
    token = os.environ.get("GITHUB_TOKEN")
    if not token:
        raise refuse_usage("GITHUB_TOKEN: must be set to a token that may write comments, got nothing")
    place = forge.PullRequest(api=api, repository=repository, number=number)
    with httpx.Client() as client:
        done = forge.keep(
            file.read_text(encoding="utf-8"), on=place, author=author, token=token, client=client
        )
    say(f"{repository} #{number}: comment {done}")
