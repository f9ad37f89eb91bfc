"""S31: the server closes in good order; what does the program notice?"""

from lab.real import talk

info, exchange = talk.sdk()
manager = info.ws_manager
updates = talk.Heard()
info.subscribe({"type": "orderUpdates", "user": talk.USER}, updates)
talk.report("subscribed")
talk.wait_for("order")
first = talk.place(exchange, 1)
updates.until(lambda: first in updates.oids)
talk.report("streaming")
manager.join(20)
talk.report(
    "closed",
    is_thread_alive=manager.is_alive(),
    is_ready=manager.ws_ready,
    listed=[name for name, callbacks in manager.active_subscriptions.items() if callbacks],
)
second = talk.place(exchange, 2)
try:
    info.subscribe({"type": "allMids"}, lambda message: None)
    raised = None
except Exception as error:
    raised = type(error).__name__
talk.report("done", second=second, heard=updates.oids, raised=raised)
talk.leave()
