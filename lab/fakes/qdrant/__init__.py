"""A stand-in for the Qdrant that is on starlord before the swarm comes: collections and points, no index.

What matters to a swarm around it: its paths for health (there is no `/health`), its key, its collections,
and that what was in it before is still there. It compares every vector with every other one, keeps all in one
file, and knows of filters only `must` with `match` on a value. Paths and answers are those of Qdrant 1.19.
"""
