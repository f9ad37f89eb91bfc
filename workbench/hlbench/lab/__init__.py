"""The lab: reproduce, step through and explore the interleavings that lose updates."""
