"""Traces by OpenTelemetry, around the flow's ports: loaded only where they are asked for.

Nothing here raises into the flow or waits for the network: spans leave in a thread of their own.
"""
