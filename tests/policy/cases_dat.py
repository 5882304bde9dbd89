"""One edit of a real stack each, and the rules on data that must then fire, and no other."""

from __future__ import annotations

from policy.rules.support.resources import COMMAND, CONTAINER, NETWORK, REMOTE_IMAGE, VOLUME
from tests.policy import given
from tests.policy.cases_ctr import adding, setting
from tests.policy.cases_img import Case

ENGINE = "starlord-vllm-primary"
DATA = "oracle-redis-data"
IN_MEMORY = {"type": "tmpfs", "device": "tmpfs", "o": "size=1m"}


def published(number: float) -> given.Props:
    """A port on starlord's address."""
    return {"internal": 1.0, "external": number, "ip": "100.72.73.3", "protocol": "tcp"}


TAKEN = (("NET-003", ENGINE), ("NET-004", ENGINE))

STRANGE = (("DAT-007", ENGINE), ("DAT-008", ENGINE))

CASES = (
    Case("DAT-001", CONTAINER, ENGINE, setting(name="qdrant")),
    Case("DAT-001", CONTAINER, ENGINE, setting(image="qdrant/qdrant:v1.15.0")),
    Case("DAT-001", CONTAINER, ENGINE, adding("ports", published(6333.0)), TAKEN),
    Case("DAT-001", CONTAINER, ENGINE, adding("ports", published(6334.0)), TAKEN),
    Case(
        "DAT-001",
        CONTAINER,
        ENGINE,
        adding("volumes", {"volumeName": "qdrant", "containerPath": "/x"}),
        STRANGE,
    ),
    Case("DAT-001", CONTAINER, ENGINE, adding("mounts", {"type": "bind", "source": "/srv/qdrant"})),
    Case("DAT-001", REMOTE_IMAGE, f"{ENGINE}-image", setting(name="qdrant/qdrant:v1.15.0")),
    Case("DAT-001", NETWORK, "starlord-network", setting(name="qdrant_default")),
    Case(
        "DAT-001",
        VOLUME,
        f"{ENGINE}-secrets",
        setting(name="qdrant_storage"),
        (("DAT-007", ENGINE), ("DAT-007", "starlord-agent")),
    ),
    Case("DAT-001", COMMAND, "starlord-agent-files", setting(delete="docker rm -f qdrant")),
    Case("DAT-002", VOLUME, DATA, setting(name=None), (("DAT-007", "oracle-redis"),)),
    Case("DAT-002", VOLUME, DATA, setting(labels=None)),
    Case("DAT-002", VOLUME, DATA, setting(driverOpts=IN_MEMORY)),
    Case("DAT-002", VOLUME, "oracle-redis-secrets", setting(driverOpts=None)),
    Case("DAT-006", CONTAINER, "oracle-postgres", setting(stopTimeout=10.0)),
    Case("DAT-006", CONTAINER, "oracle-postgres", setting(destroyGraceSeconds=None)),
)
"""DAT-005 has none: it needs the documents of an image, and the committed lock has claims only."""
