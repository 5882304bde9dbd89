"""The policy pack: an independent gate that shares no code with the program it judges."""
