"""S11: subscribe, and order at once. The SDK has no way to wait for the acknowledgement."""

from lab.real import talk

info, exchange = talk.sdk()
updates = talk.Heard()
info.subscribe({"type": "orderUpdates", "user": talk.USER}, updates)
talk.report("ordered", oid=talk.place(exchange, 1))
talk.wait_for("again")
second = talk.place(exchange, 2)
updates.until(lambda: second in updates.oids)
talk.report("done", second=second, heard=updates.oids)
talk.leave()
