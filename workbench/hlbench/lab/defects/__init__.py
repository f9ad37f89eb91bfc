"""Defects, a module per replaced part; each module adds its own."""
