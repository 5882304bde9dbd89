"""The script that says whether the server can be used: common to OpenBao and HashiCorp Vault."""

from __future__ import annotations

from components.model.vault import OPENBAO, Product
from components.render.text import from_template


def ready_script(*, role: str, reseal: bool) -> str:
    """OpenBao's; `reseal` where its data may lie under an earlier seal key."""
    return ready_of(
        OPENBAO,
        role=role,
        seal_keys=from_template("openbao/seal-keys.sh", reseal="true" if reseal else "false"),
        unready=from_template("openbao/unready.sh"),
    )


def ready_of(product: Product, *, role: str, seal_keys: str, unready: str, begin: str = "") -> str:
    """The script with a product's own parts.

    Args:
        seal_keys: Sets `reseal`.
        unready: What is wrong in the states that a server can be in without letting anybody in.
        begin: What a new server needs before its first login.
    """
    return from_template(
        "openbao/ready.sh",
        program=product.program,
        prefix=product.prefix,
        role=role,
        seal_keys=seal_keys,
        unready=unready,
        begin=begin,
    )
