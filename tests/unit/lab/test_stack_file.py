"""Which settings of the previous configuration file are taken over into a new one."""

from __future__ import annotations

from lab import stack_file


def test_only_encrypted_values_and_counters_are_taken_over() -> None:
    made = {stack_file.DOOR_CERTIFICATE: "c", stack_file.VAULT: {"generation": 1, "certificate": "v"}}
    previous = {
        **made,
        "aiswarm:models": {"public_name": "old"},
        "aiswarm:gateway": {"secure": "x", "more": 1},
        "aiswarm:brave_api_key": {"secure": "x"},
    }
    merged = stack_file.carry_over(made, previous, is_rotated=lambda _: False)
    assert merged == {**made, "aiswarm:brave_api_key": {"secure": "x"}}
