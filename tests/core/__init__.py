"""Tests of the pure layer: tables of the contract's rules, and properties of all inputs."""
