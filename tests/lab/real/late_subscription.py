"""S30: orderUpdates are subscribed to after the socket opened; then the connection is lost and comes back."""

from lab.real import talk

talk.reconnect_as_users_do()
info, exchange = talk.sdk()
fills, updates = talk.Heard(), talk.Heard()
info.subscribe({"type": "userFills", "user": talk.USER}, fills)
talk.report("queued")
fills.until(lambda: fills.snapshots() == 1)
info.subscribe({"type": "orderUpdates", "user": talk.USER}, updates)
talk.report("subscribed late")
talk.wait_for("order")
oid = talk.place(exchange, 1)
updates.until(lambda: oid in updates.oids)
talk.report("streaming", oid=oid)
fills.until(lambda: fills.snapshots() >= 2)  # its callback fires twice by now: S29
talk.report("reopened")
fills.until(lambda: fills.fills(oid))
statuses = [row["status"] for message in updates.messages for row in message["data"]]
talk.report("done", statuses=statuses, listed=sorted(info.ws_manager.active_subscriptions))
talk.leave()
