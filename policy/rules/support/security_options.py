"""Options of `securityOpts` as Docker reads them."""

from __future__ import annotations


def split_option(option: str) -> tuple[str, str]:
    """Name and value of an option, which stand around `=` or else around `:`.

    Of two that set the same, the later one holds (moby, `parseSecurityOpt`).
    """
    name, _, value = option.partition("=" if "=" in option else ":")
    return name, value
