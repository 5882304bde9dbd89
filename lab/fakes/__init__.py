"""Stand-ins for what a machine without GPU and without image registries cannot run.

Each honours the command line, the ports, the API shape and the metric names of the real thing, so that the
same specs deploy in the lab and in production; and each says in its log, its answers and its metrics that
it is none.
"""
