"""`./swarm drill`: break something on purpose, and measure how long the swarm needs to answer again."""
