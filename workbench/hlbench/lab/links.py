"""Links: the wire between a client and the server, FIFO per direction, never reordered.

What happens to a link is a fault: `cut` loses what is under way and both ends hear of it, each when its own actor gets
to it; `blackhole` loses everything from now on and nobody hears of it; `stall` keeps what is under way.
"""

from collections import deque
from typing import TYPE_CHECKING

from hlbench.lab.actors import Actor
from hlmock.trace import stages

if TYPE_CHECKING:
    from hlbench.lab.world import World


class Link:
    """One connection as its two ends see it. It is the server's `hlmock.paths.core.Transport`."""

    __slots__ = (
        "carrier",
        "client",
        "connection",
        "down",
        "is_blackhole",
        "is_cut",
        "is_reset",
        "is_stalled",
        "reader",
        "up",
        "world",
        "writer",
    )

    reader: Actor
    """Reads on the server what has come up."""
    writer: Actor
    """Writes on the server what is to go down."""
    carrier: Actor
    """Brings the client what has come down."""

    def __init__(self, world: "World", client: str, connection: str) -> None:
        self.world = world
        self.client = client
        self.connection = connection
        self.up: deque[bytes] = deque()
        """Frames on their way to the server."""
        self.down: deque[tuple[bytes, int]] = deque()
        """Frames on their way to the client, each with the seq of its `delivery.written`."""
        self.is_cut = False
        self.is_reset = False
        self.is_blackhole = False
        self.is_stalled = False

    def write(self, frame: bytes) -> None:
        """The server's kernel takes the frame; on a link that is gone it takes it too, until the end is noticed.

        Raises:
            ConnectionResetError: the kernel has noticed.
        """
        if self.is_reset:
            raise ConnectionResetError("connection reset by peer")
        if self.is_cut or self.is_blackhole:
            return
        self.down.append((frame, self.world.log.last_seq + 1))  # whoever writes says so next
        if not self.is_stalled:
            self.world.rouse(self.carrier, stages.CLIENT_RECEIVED)

    def close(self, code: int, reason: str) -> None:
        self.world.end_link(self, code, reason or "closed by the server")

    def abort(self) -> None:
        self.world.end_link(self, 1006, "aborted by the server")
