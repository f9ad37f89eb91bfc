"""The day of ccxt, the same in both of its languages."""

STEPS = (
    "loads_markets",
    "watches",
    "places",
    "edits",
    "cancels",
    "is_filled_as_a_taker",
    "is_filled_as_a_maker_in_parts",
    "is_refused_with_the_exchanges_words",
    "trades_over_the_websocket",
    "protects_what_it_opens",
    "trades_in_slices",
    "trades_spot",
    "changes_margin",
    "sets_its_preferences",
    "moves_money",
    "asks_everything",
    "reconnects_and_subscribes_again",
    "unwatches",
)
