"""Screens: each arranges widgets over one model."""
