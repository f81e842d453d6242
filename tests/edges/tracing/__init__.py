"""Tests of the traces, against a real receiver of OTLP on loopback."""
