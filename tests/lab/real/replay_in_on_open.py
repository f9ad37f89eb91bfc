"""S28: orderUpdates and userFills are queued before the socket opens; then the connection is lost and comes back."""

import logging
import threading

from lab.real import talk

talk.reconnect_as_users_do()
failed = threading.Event()
errors: list[str] = []


class Errors(logging.Handler):
    """What the WebSocket library logs when a callback raises."""

    def emit(self, record: logging.LogRecord) -> None:
        if "error from callback" in record.getMessage():
            errors.append(record.getMessage())
            failed.set()


logging.getLogger("websocket").addHandler(Errors())
info, exchange = talk.sdk()
updates, fills = talk.Heard(), talk.Heard()
info.subscribe({"type": "orderUpdates", "user": talk.USER}, updates)
info.subscribe({"type": "userFills", "user": talk.USER}, fills)
talk.report("queued", is_ready=info.ws_manager.ws_ready)
talk.wait_for("order")
first = talk.place(exchange, 1)
updates.until(lambda: first in updates.oids)
talk.report("streaming")
assert failed.wait(20), "on_open did not fail"
talk.report("reopened", errors=errors, listed=sorted(info.ws_manager.active_subscriptions))
second = talk.place(exchange, 2)
talk.report("done", second=second, heard=updates.oids)
talk.leave()
