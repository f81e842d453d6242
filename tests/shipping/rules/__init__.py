"""The recording rules and alerts: by promtool, and against the relay's metrics and the runbooks."""
