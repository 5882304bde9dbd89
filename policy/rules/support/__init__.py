"""What the rules share: reading properties, the form of a message, and the frame that refuses in doubt."""
