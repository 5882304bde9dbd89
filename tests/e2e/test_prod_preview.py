"""Anyone can preview production: no network, no secret, no host."""

from __future__ import annotations

import json

from lab import paths
from tests.e2e.offline import without_network


def test_every_resource_of_prod_is_previewed(prod: dict[str, str]) -> None:
    done = without_network(prod, "pulumi", "preview", "--stack", "prod", "--json", "--non-interactive")

    assert done.returncode == 0, done.stderr + done.stdout
    steps = json.loads(done.stdout)["steps"]
    listed = {step["urn"] for step in steps}
    golden = (paths.REPO / "tests" / "golden" / "urns-prod.txt").read_text().split()
    assert {urn for urn in listed if "pulumi:pulumi:Stack" not in urn} == set(golden)
    assert {step["op"] for step in steps} == {"create"}


def test_prod_passes_the_policies(prod: dict[str, str]) -> None:
    preview = ("pulumi", "preview", "--stack", "prod", "--policy-pack", "policy", "--non-interactive")

    good = without_network(prod, *preview)

    assert good.returncode == 0, good.stderr + good.stdout
    assert "aiswarm" in good.stdout.partition("Policies:")[2]
