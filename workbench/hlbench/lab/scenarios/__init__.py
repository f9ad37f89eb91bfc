"""Scenarios, a module per group of the catalogue; each module adds its own."""
