"""The swarm as code: settings, specs, rendered files and the Pulumi components that carry them out.

Data flows one way: `config` → `model` → `catalogue` and `render` → `deploy` → `__main__.py`. Only `deploy`,
`config.errors` and `config.settings` may import Pulumi; a test holds the boundary.
"""
