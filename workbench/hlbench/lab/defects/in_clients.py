"""Defects of client programs: the server is sound, the script of the failing variant is not."""

from hlbench.lab.catalogue import Defect, add_defect
from hlbench.lab.parts import Parts


def _unchanged(parts: Parts) -> Parts:
    return parts


def _in_client(name: str, title: str, story: str, breaks: str, *cited: str) -> None:
    add_defect(Defect(name, title, "client", story, breaks, cited, _unchanged))


_in_client(
    "order-before-ack",
    "The client orders before its subscription is acknowledged",
    "The client's constructor writes the subscribe frame and returns. Its first order goes over another socket and is"
    " handled before the frame: nobody is subscribed yet, and no update is sent. A sleep seems to cure it.",
    "O1",
    "recomma/recomma commits 43ad9a6, 6185f4d, 300c3d2",
)

_in_client(
    "agent-subscribed",
    "The client subscribes to its agent's address",
    "The client derives its address from the key that signs, an API wallet. It subscribes to that and is acknowledged;"
    " its orders belong to the account behind it, and nothing ever arrives.",
    "O1",
    "nautechsystems/nautilus_trader#3667",
    "ccxt/ccxt#26103",
    "ValueCell-ai/valuecell#609",
)

_in_client(
    "master-subscribed",
    "The client trades for a sub-account and subscribes to the master",
    "The orders carry the sub-account in `vaultAddress` and are announced under its address; the client watches the"
    " address whose key it has.",
    "O1",
    "hummingbot/hummingbot#6815",
    "ccxt/ccxt#25433",
    "freqtrade/freqtrade PR#12457",
)

_in_client(
    "unknown-oid-dropped",
    "The client drops updates of orders that it does not know yet",
    "The update comes over the WebSocket before the HTTP reply that names the oid. The client takes it for somebody"
    " else's order and throws it away: the order never opens.",
    "O5",
    "enarjord/passivbot PR#1426",
    "hummingbot/hummingbot#7738",
)

_in_client(
    "modify-read-as-cancel",
    "The client takes the cancelled half of a modify for a cancel",
    "A modify is announced as `open` of the new order and `canceled` of the old one, both with the same cloid. The"
    " client files by cloid, reads `canceled` and forgets an order that rests.",
    "O5",
    "nautechsystems/nautilus_trader#3827",
    "nautechsystems/nautilus_trader PR#3831",
)
