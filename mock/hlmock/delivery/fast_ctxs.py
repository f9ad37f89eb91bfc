"""`fastAssetCtxs`: mark and mid prices of everything, compressed, whole at first and then what changed.

The frame's `data` is a string: base64 of raw DEFLATE of JSON `{coin: {"markPx": ..., "midPx": ...}}`.
Source: Hyperliquid docs, WebSocket subscriptions; recorded frames.
"""

import base64
import zlib

import msgspec

from hlmock.exchange.state import State
from hlmock.shapes import NumberForm

FastCtxs = dict[str, dict[str, str | None]]


def fast_ctxs(exchange: State, number: NumberForm) -> FastCtxs:
    """Every coin that is not delisted."""
    ctxs: FastCtxs = {}
    for market in exchange.markets.by_coin.values():
        if not market.is_delisted:
            book = exchange.book(market.coin)
            mid = book.mid_px
            ctxs[market.coin] = {
                "markPx": number(book.mark_px),
                "midPx": None if mid is None else number(mid),
            }
    return ctxs


def changed_since(before: FastCtxs, now: FastCtxs) -> FastCtxs:
    """Only the coins that changed, of each only the keys that did."""
    changed: FastCtxs = {}
    for coin, ctx in now.items():
        known = before.get(coin, {})
        difference = {name: px for name, px in ctx.items() if name not in known or known[name] != px}
        if difference:
            changed[coin] = difference
    return changed


def packed(ctxs: FastCtxs) -> str:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    deflated = compressor.compress(msgspec.json.encode(ctxs)) + compressor.flush()
    return base64.b64encode(deflated).decode()
