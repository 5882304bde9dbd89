"""Serve the pack to the engine, for ever; `pulumi preview --policy-pack policy` starts this file."""

from __future__ import annotations

from pathlib import Path

# The engine puts this folder first on sys.path; seen from the repository's root, it is policy.rules.
from rules.support import assembly, judge, lock, run, server  # type: ignore[import-not-found]

rules = assembly.every_rule()
exceptions = assembly.read_exceptions(Path(__file__).with_name("exceptions.yaml"), rules, lock.today())
server.serve(judge.Judge(rules, run.Run(exceptions)))
