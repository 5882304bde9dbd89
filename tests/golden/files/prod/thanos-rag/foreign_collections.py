"""Refuse to start LightRAG where it would take another program's collections for its own old ones.

Before it makes its collection for `chunks`, LightRAG 1.5 looks for one called `lightrag_vdb_chunks`,
`<workspace>_chunks` or plainly `chunks`, as its earlier versions named theirs: an empty one it deletes, and
of another it copies the content (lightrag/kg/qdrant_impl.py, `_find_legacy_collection`, `setup_collection`).
The database is not ours, so whoever has such a collection is asked to rename it, and nothing is touched until
then.

Environment: `QDRANT_URL`, `WORKSPACE`, and `QDRANT_API_KEY` where the database asks for a key;
`QDRANT_WAIT_SECONDS` for how long it may stay away, otherwise five minutes. Ends with status 0 where there is
nothing to fear, 1 where there is, and 2 where the database does not answer as one.
"""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.request

KINDS = ("chunks", "entities", "relationships")
TIMEOUT_SECONDS = 10
WAIT_SECONDS = 300
PAUSE_SECONDS = 2


def taken(names: list[str], workspace: str) -> list[str]:
    """Of the collections `names` those that LightRAG would take for its own."""
    feared = {f"{prefix}{kind}" for kind in KINDS for prefix in ("", f"{workspace}_", "lightrag_vdb_")}
    return sorted(feared.intersection(names))


def collections(url: str, key: str) -> list[str]:
    """Names of the database's collections.

    Raises:
        OSError: It does not answer, or refuses.
        ValueError: It answers, but not as a Qdrant.
    """
    request = urllib.request.Request(f"{url}/collections", headers={"api-key": key} if key else {})  # noqa: S310 - the swarm's own address
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - see above
        try:
            return [str(each["name"]) for each in json.load(answer)["result"]["collections"]]
        except (KeyError, TypeError) as error:
            raise ValueError(f"no list of collections: {error!r}") from error


def main() -> int:
    """Ask until it answers, as long as a machine may take to start; then the restart policy asks again."""
    url = os.environ["QDRANT_URL"]
    deadline = time.monotonic() + float(os.environ.get("QDRANT_WAIT_SECONDS", WAIT_SECONDS))
    while True:
        try:
            names = collections(url, os.environ.get("QDRANT_API_KEY", ""))
            break
        except (OSError, ValueError) as error:
            if time.monotonic() >= deadline:
                print(f"{url}: must answer as a Qdrant, got {error}", file=sys.stderr)  # noqa: T201 - its log
                return 2
        time.sleep(PAUSE_SECONDS)
    found = taken(names, os.environ["WORKSPACE"])
    if found:
        rule = f"must have no collection that LightRAG would take for its own, got {', '.join(found)}"
        print(f"{url}: {rule}; rename it", file=sys.stderr)  # noqa: T201 - its log
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
