"""Tests that start the real OpenBao on the loopback interface."""
