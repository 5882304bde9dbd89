"""A private copy of the three hosts on one Linux machine, and a Pulumi engine to deploy to it.

Nothing here is imported by the Pulumi program: production never needs this package.
"""
