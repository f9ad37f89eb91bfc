"""The values that the exchange keeps and the changes that a commit makes.

Rule 1: nothing here knows a client, a connection or a clock, and of JSON only the deltas of ledgers. Rule 2: prices,
sizes and amounts are `Decimal`. Rule 3: what leaves the exchange (a change) is immutable; what stays (an order, an
account) is changed only by the exchange's own steps. Rule 4: iteration follows insertion, so equal inputs give equal
outputs.
"""
