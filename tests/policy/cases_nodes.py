"""Edits of what a machine is said to be, and the rules that must then fire."""

from __future__ import annotations

from policy.rules.support.resources import GATEWAY_NODE
from tests.policy.cases_ctr import setting
from tests.policy.cases_img import Case

STARLORD = "aiswarm:index:StarlordNode"
_IMAGES = (("IMG-003", ""), ("IMG-004", ""))
"""All images of the node are then for the wrong processors; which ones is of no interest here."""

CASES = (
    Case("IMG-008", GATEWAY_NODE, "oracle", setting(arch="amd64"), _IMAGES),
    Case("IMG-008", STARLORD, "starlord", setting(arch="arm64"), _IMAGES),
)
