"""S29: userFills is queued before the socket opens; then the connection is lost and comes back."""

from lab.real import talk

talk.reconnect_as_users_do()
info, exchange = talk.sdk()
fills = talk.Heard()
info.subscribe({"type": "userFills", "user": talk.USER}, fills)
talk.report("queued", is_ready=info.ws_manager.ws_ready)
talk.wait_for("order")
oids = [talk.place(exchange, number) for number in (1, 2, 3)]
talk.report("ordered")
fills.until(lambda: fills.fills(oids[0]))
talk.report("first fill")
fills.until(lambda: fills.fills(oids[2]))
# The third came after the second, so every call for the second has been made.
talk.report("done", calls=[fills.fills(oid) for oid in oids[:2]])
talk.leave()
