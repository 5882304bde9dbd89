"""Tests of components/config."""
