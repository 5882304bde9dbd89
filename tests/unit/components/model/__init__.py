"""Tests of components/model."""
