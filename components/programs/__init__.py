"""Small programs that ship into containers: standard library only, and nothing of this checkout."""
