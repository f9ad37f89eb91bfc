"""Shared by the whole suite."""

pytest_plugins = ["pytester"]  # the tests of our own plugins run pytest inside pytest
