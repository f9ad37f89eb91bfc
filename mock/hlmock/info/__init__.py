"""`POST /info`: one pure function from the exchange's state and a request to the answer's bytes."""
