"""Tests of components/render."""
