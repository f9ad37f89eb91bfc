"""What the server writes leaves at once."""

import socket

from websockets.sync.client import connect

from hlmock import MockExchange
from support.clients import eventually


def test_accepted_sockets_do_not_wait_for_acknowledgements() -> None:
    with MockExchange() as exchange, connect(exchange.ws_url, proxy=None):
        (client,) = eventually(lambda: list(exchange._session.sockets.values()))
        accepted = client.transport.get_extra_info("socket")
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
