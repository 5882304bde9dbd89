"""The real Consul with the files that the swarm gives it."""
