"""What the platform asks the process: its metrics, whether it lives, whether it is ready."""
