"""The demo: three wallets that trade over real sockets, one reconnection, and one update that never arrives."""
