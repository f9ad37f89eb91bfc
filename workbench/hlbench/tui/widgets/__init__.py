"""Widgets: each shows one thing and owns no exchange state."""
