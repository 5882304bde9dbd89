"""Backups of the Vault server, the proof that they open, and the way back.

A backup is a snapshot of all that the server stores, sealed as it is there: without the seal key it is noise.
So the two are never kept in one place. The key is in the Pulumi state, encrypted, and on the disk of the
server's own node; whoever has lost both cannot open any backup.

A backup holds what no `pulumi up` makes again: keys that were put in with `./swarm keys set`, and former
versions of values. It does not hold the Pulumi state, PostgreSQL (the gateway's keys and spend records),
Qdrant, Redis, Prometheus, models, or anything else that a service keeps in a volume of its own.
"""
