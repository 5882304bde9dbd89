"""Pure text of the configuration files that the services read."""
