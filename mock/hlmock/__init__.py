"""hlmock: an embedded mock Hyperliquid exchange that explains every delivery."""
