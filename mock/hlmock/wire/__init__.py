"""What goes over the wire, typed: numbers, addresses, actions, info requests, WebSocket frames."""
