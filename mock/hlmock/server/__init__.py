"""The asyncio shell: sockets, clocks and tasks around the pure core."""
