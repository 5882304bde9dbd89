"""From the stack's configuration to frozen, checked settings."""
