"""The API edge against servers on loopback that answer, break and stall byte by byte."""
