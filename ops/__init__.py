"""Day-2 command line: what an operator asks of a running swarm, on any stack.

It reads the same settings and specs as the program; of the lab it knows the environment alone.
"""
