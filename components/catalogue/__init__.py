"""What runs where: pure functions from settings to specs, one module per program or node."""
