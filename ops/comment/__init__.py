"""The comment on a pull request: what a change does to each machine, told from files without the forge."""
