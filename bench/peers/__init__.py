"""The swarm's own kind of deployment beside OpenTofu: the same containers on the same hosts, in turns."""
