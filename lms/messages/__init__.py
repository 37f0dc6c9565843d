"""One gate and one log for everything sent to people."""
