"""Tests of the whole program: settings, commands, and the relay as a process on real parts."""
