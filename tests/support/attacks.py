"""A stream in which every text that a client can choose is hostile."""

from hlmock.trace import events as ev
from hlmock.trace import stages
from hlmock.trace.events import TraceEvent
from support.hostile import HOSTILE
from support.streams import ALICE, Stream, cloid_of


def attacked() -> list[TraceEvent]:
    """Names, statuses, reasons and answers, with an update that is missing for each attack."""
    stream = Stream()
    stream.subscribe("c1", ALICE)
    stream.log.emit(stages.CONNECTION_OPENED, connection="c2", detail=ev.ConnectionOpened("<b>peer</b>"))
    for number, attack in enumerate(HOSTILE.values()):
        attack = attack.encode("utf-8", "replace").decode()  # no wire carries a lone surrogate
        stream.account(ALICE, name=attack)
        (made,) = stream.place(ALICE, cloid=cloid_of(number), status=attack or "open", coin=attack or "BTC")
        stream.resolve(made)
        stream.enqueue(made, "c1")
        stream.end(made, "c1", stages.DELIVERY_FAILED, attack)
        refused = ev.RequestRefused(attack, 400, attack)
        stream.log.emit(stages.REQUEST_REFUSED, request=1, payload=attack.encode(), detail=refused)
    return stream.events
