"""Defects of the registry: who is found for a key, and whose subscription an end removes."""

from dataclasses import replace

import msgspec

from hlbench.lab.catalogue import Defect, add_defect
from hlmock.delivery.keys import SubscriptionKey
from hlmock.delivery.registry import Registry, Subscription
from hlmock.paths.core import Connection, Core, Steps
from hlmock.paths.frames import ClientFrame, receive_frame

FOUNDING_CASE = "recomma/hyperliquid-mock (stored versions of server/websocket.go)"


class LastWriterWins(Registry):
    """Looks a key up in a map with one entry per key: the newest. Each connection still knows what it subscribed to."""

    def __init__(self) -> None:
        super().__init__()
        self._newest: dict[str, Subscription] = {}

    def add(self, connection: str, key: SubscriptionKey, since: int) -> Subscription | None:
        subscription = super().add(connection, key, since)
        if subscription is not None:
            self._newest[key.text] = subscription
        return subscription

    def resolve(self, key_text: str, commit: int) -> list[Subscription]:
        newest = self._newest.get(key_text)
        return [each for each in super().resolve(key_text, commit) if each is newest]


class CleansUpByKey(Registry):
    """The end of a connection removes the keys that it held, whoever else holds them."""

    def remove_connection(self, connection: str, until: int) -> list[Subscription]:
        ended = super().remove_connection(connection, until)
        for key in [each.key for each in ended]:
            ended += _end_all(self, key, until)
        return ended


class OneUserPerConnection(Registry):
    """Remembers one user string per connection: the last one it subscribed to."""

    def __init__(self) -> None:
        super().__init__()
        self._user: dict[str, str] = {}

    def add(self, connection: str, key: SubscriptionKey, since: int) -> Subscription | None:
        subscription = super().add(connection, key, since)
        if subscription is not None and key.user is not None:
            self._user[connection] = key.user
        return subscription

    def resolve(self, key_text: str, commit: int) -> list[Subscription]:
        found = super().resolve(key_text, commit)
        return [each for each in found if each.key.user is None or self._user[each.connection] == each.key.user]


class UnsubscribesByType(Registry):
    """An unsubscribe ends every subscription of its type on the connection; the user in it is not read."""

    def remove(self, connection: str, key: SubscriptionKey, until: int) -> Subscription | None:
        ended = super().remove(connection, key, until)
        for other in self.of_connection(connection) if ended else ():
            if other.key.type == key.type:
                super().remove(connection, other.key, until)
        return ended


class UnsubscribesByKey(Registry):
    """An unsubscribe ends the key, on every connection."""

    def remove(self, connection: str, key: SubscriptionKey, until: int) -> Subscription | None:
        ended = super().remove(connection, key, until)
        for other in self.active() if ended else ():
            if other.key.text == key.text:
                super().remove(other.connection, key, until)
        return ended


def _end_all(registry: Registry, key: SubscriptionKey, until: int) -> list[Subscription]:
    holders = [each for each in registry.active() if each.key.text == key.text]
    for holder in holders:
        registry.remove(holder.connection, key, until)
    return holders


def keep_case(core: Core, connection: Connection, frame: ClientFrame) -> Steps:
    """Subscribe under the address as the client wrote it."""
    parsed = frame.subscription
    if parsed is not None and parsed.key.user is not None:
        written = msgspec.json.decode(frame.raw)["subscription"]["user"]
        key = msgspec.structs.replace(parsed.key, text=parsed.key.text.replace(parsed.key.user, written))
        frame = msgspec.structs.replace(frame, subscription=msgspec.structs.replace(parsed, key=key))
    yield from receive_frame(core, connection, frame)


add_defect(
    Defect(
        "registry-by-wallet",
        "One connection per wallet: the last one that subscribes wins",
        "server",
        "The registry maps a wallet to one connection. The second connection that subscribes to the wallet takes the"
        " first one's place; the first stays open, holds its acknowledgement, and hears nothing any more.",
        "D2",
        ("the founding report's first hypothesis", "JKorf/HyperLiquid.Net#90 (the inverse symptom)"),
        lambda parts: replace(parts, registry=LastWriterWins),
    )
)

add_defect(
    Defect(
        "case-sensitive-key",
        "Addresses are compared letter by letter",
        "server",
        "The registry keeps the address as the client wrote it; the recovered owner of an order is written in lower"
        " case. A client that subscribes with the checksummed form is acknowledged and never told anything.",
        "D4",
        (FOUNDING_CASE, "hyperliquid-dex/hyperliquid-python-sdk#65"),
        lambda parts: replace(parts, receive_frame=keep_case),
    )
)

add_defect(
    Defect(
        "cleanup-by-wallet",
        "The end of a connection removes the wallet, not its own entry",
        "server",
        "The cleanup of a dead connection deletes every subscription to the wallets that it watched. When it runs after"
        " the client has reconnected, it takes the new connection's subscription with it.",
        "D6",
        ("the founding report's third hypothesis",),
        lambda parts: replace(parts, registry=CleansUpByKey),
    )
)

add_defect(
    Defect(
        "one-user-per-connection",
        "A connection has one user: the last one it subscribed to",
        "server",
        "The manager keeps one user string per connection. A second subscription on the same connection is"
        " acknowledged and overwrites the first one's user, whose updates stop.",
        "D2",
        (FOUNDING_CASE,),
        lambda parts: replace(parts, registry=OneUserPerConnection),
    )
)

add_defect(
    Defect(
        "unsubscribe-by-type",
        "An unsubscribe ends every subscription of its type",
        "server",
        "The handler of `unsubscribe` reads the type and ignores the user, so ending one account's stream silences the"
        " connection's other accounts too.",
        "D2",
        (FOUNDING_CASE, "hyperliquid-dex/hyperliquid-python-sdk PR#33"),
        lambda parts: replace(parts, registry=UnsubscribesByType),
    )
)

add_defect(
    Defect(
        "unsubscribe-by-key",
        "An unsubscribe ends the key on every connection",
        "server",
        "The handler of `unsubscribe` deletes the key from the registry. Whoever else watches it, on another"
        " connection, falls silent: closing one screen mutes another.",
        "D2",
        (FOUNDING_CASE,),
        lambda parts: replace(parts, registry=UnsubscribesByKey),
    )
)
