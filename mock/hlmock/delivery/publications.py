"""Publications: one message for one key, in the one order in which they were committed."""

from collections import deque

import msgspec

from hlmock.delivery.keys import SubscriptionKey
from hlmock.wire.addresses import Address


class Publication(msgspec.Struct, frozen=True, gc=False):
    """One message for one key. `created_seq` is its `publication.created` event."""

    id: int
    key: SubscriptionKey
    channel: str
    commit: int
    payload: bytes
    created_seq: int
    account: Address | None = None
    coin: str | None = None
    supersedable: bool = False
    request: int | None = None


class PublicationQueue:
    """FIFO between the commits and the one publisher."""

    def __init__(self) -> None:
        self.waiting: deque[Publication] = deque()
        """Oldest first; to be read only."""
        self._next_id = 1

    def __len__(self) -> int:
        return len(self.waiting)

    def next_id(self) -> int:
        publication_id = self._next_id
        self._next_id += 1
        return publication_id

    def append(self, publication: Publication) -> None:
        self.waiting.append(publication)

    def pop(self) -> Publication:
        """The oldest publication.

        Raises:
            IndexError: nothing waits.
        """
        return self.waiting.popleft()

    def settled_commit(self, last_commit: int) -> int:
        """Every publication up to this commit has been taken by the publisher."""
        return self.waiting[0].commit - 1 if self.waiting else last_commit
