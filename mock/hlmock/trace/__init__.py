"""The event stream: what happened, in one order, with causes."""
