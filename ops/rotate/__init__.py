"""Rotation of one secret: what it will do, doing it, and the proof that the old value opens nothing."""
