"""The exchange: a pure state machine of markets, orders, books and accounts."""
