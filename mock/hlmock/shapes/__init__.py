"""The JSON shapes that `/info` answers and WebSocket messages share, built from the exchange's state."""
