"""Measurements, a command each: what a deployment costs, how it grows, and how it stands beside a peer.

Never part of the tests: a time depends on the machine and on what else it does.
"""
