"""Tests of the pure half of the program: no Pulumi, no network, no container."""
