"""What the lab's plugins share: the engine's protocol, driven by a table of types. For the lab only."""
