"""Tests of components/catalogue."""
