"""Traces by OpenTelemetry, around the flow's ports: loaded only where they are configured.

Nothing here raises into the flow or waits for the network: spans leave from their own thread.
"""
