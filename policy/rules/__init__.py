"""One rule a module, each a `RULE` made of plain functions; what they share is in `support`.

The engine loads this package as `rules`, the tests as `policy.rules`: imports inside it are relative.
"""
