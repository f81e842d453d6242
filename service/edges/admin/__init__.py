"""The endpoints for the platform: metrics, liveness, readiness."""
