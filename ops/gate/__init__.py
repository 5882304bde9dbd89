"""The gate before an update: what the engine says it would do, judged from its own events."""
