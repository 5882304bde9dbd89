"""A Pulumi engine for the lab: the operator's own where it works, otherwise one built from public Go modules.

Pulumi publishes its command line and plugins as downloads that a closed network often cannot reach, while the
same programs are ordinary Go modules. The program that is deployed never knows which of the two it runs on.
"""

from lab.engine.choice import Engine, ensure, find
from lab.engine.install import install_plugins

__all__ = ["Engine", "ensure", "find", "install_plugins"]
