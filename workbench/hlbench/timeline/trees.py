"""Which events belong together: trees of causes, found without decoding an event."""

from typing import Any

import numpy as np
import pandas as pd

from hlmock.trace import stages


def roots_of(events: pd.DataFrame) -> Any:
    """Per row, the seq of the first cause: of a request its own, of what it led to the request's.

    Args:
        events: `Timeline.events`. A cause that is not in it is the root of what it led to.
    """
    seq = events.index.to_numpy()
    cause = np.array(events["cause"].fillna(0), dtype="int64")
    cause[(events["stage"] == stages.REQUEST_RECEIVED).to_numpy()] = 0
    if not len(seq):
        return seq
    place = np.minimum(np.searchsorted(seq, cause), len(seq) - 1)
    is_here = (cause > 0) & (seq[place] == cause)
    at = np.where(is_here, place, np.arange(len(seq)))
    while True:
        further = at[at]
        if np.array_equal(further, at):
            break
        at = further
    return np.where(cause[at] > 0, cause[at], seq[at])
