"""Why a delivery happened or did not, and the promises D1 to D8, as pure functions of the event stream."""
