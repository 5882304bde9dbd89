"""`./swarm railway`: what we rely on at Railway, compared with what is there. Changes nothing."""
