"""The guard around `up`: what is not ours is the same before and after it."""
