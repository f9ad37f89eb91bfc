"""pytest fixtures of the mock exchange."""
