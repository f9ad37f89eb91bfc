"""From a change to the frames in each connection's outbox: keys, registry, publication queue, outboxes, feeds."""
