"""Texts of configuration files as pure functions of specs and settings; no text holds a secret."""
