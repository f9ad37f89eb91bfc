"""`Exchange`: the whole exchange as one pure state machine.

Rule 1: no clock, no randomness, no I/O: times come in as arguments, ids are counters, equal inputs give equal outputs.
Rule 2: one call is one block. It is carried out whole, and everything it changed is in its `Outcome`, in the
sequence in which the wire shows it. Rule 3: commit, oid and tid never go back, also over `reset`.

Two times come in: `now_ms`, the exchange's clock (what messages carry), and `wall_ms`, for nonces and expiry.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from hlmock.exchange import limits, liquidation, replies, texts, triggers
from hlmock.exchange.admission import USER_SIGNED_TYPES, static_refusal
from hlmock.exchange.block import Block
from hlmock.exchange.due import carry_out
from hlmock.exchange.identity import Acting, Chosen, Refused
from hlmock.exchange.matching import fill_resting
from hlmock.exchange.model.markets import Quote
from hlmock.exchange.model.orders import Order
from hlmock.exchange.model.terms import ZERO, Commit, Oid
from hlmock.exchange.movements import Movement, move
from hlmock.exchange.outcome import Outcome
from hlmock.exchange.prices import set_prices
from hlmock.exchange.replies import Reply
from hlmock.exchange.settings import Network
from hlmock.exchange.state import State
from hlmock.exchange.steps import STEPS
from hlmock.wire.actions import Action, Envelope, MultiSigAction
from hlmock.wire.addresses import Address
from hlmock.wire.numbers import wire

WALLET = "wallet"
"""Why a test wallet is named; the only reason that outlives `reset`."""


class AmbiguousCloid(LookupError):
    """Several accounts have used this cloid; say which account is meant."""

    def __init__(self, cloid: str, candidates: list[Order]) -> None:
        self.candidates = candidates
        listed = ", ".join(f"oid {order.oid} of {order.account}" for order in candidates)
        super().__init__(f"cloid {cloid} belongs to several accounts: {listed}")


class Exchange(State):
    """The state of `State`, and every step that changes it."""

    @property
    def networks(self) -> tuple[Network, ...]:
        """The signature domains to try, in this order."""
        network = self.settings.network
        return self.profile.networks if network == "any" else (network,)

    # Who acts.

    def check_static(self, envelope: Envelope) -> str | None:
        """The text that refuses an envelope before its signer is recovered, or `None`."""
        return static_refusal(envelope, self.settings.network)

    def admit(
        self,
        chosen: Chosen,
        action: Action,
        vault: Address | None,
        now_ms: int,
        cosigners: Sequence[Address] = (),
    ) -> tuple[Acting | Refused, Outcome | None]:
        """Find whom a signer acts for; open a funded account for an unknown one, unless `strict`.

        Args:
            chosen: from `identity.choose`.
            vault: the envelope's `vaultAddress`.
            cosigners: of a multi-sig action, who signed its payload.

        Returns:
            the acting account or the refusal, and what opening an account changed, if one was opened.
        """
        if type(action) is MultiSigAction:
            return self.identity.resolve_multi_sig(action.payload, chosen.address, cosigners, vault, now_ms), None
        found = self.identity.resolve(chosen.address, type(action) in USER_SIGNED_TYPES, vault, now_ms)
        if isinstance(found, Acting) or not found.is_unknown or self.settings.strict:
            return found, None
        opened = self.open_account(
            chosen.address,
            "signed action",
            named=chosen.named,
            other_candidates=chosen.others,
            now_ms=now_ms,
        )
        return Acting(chosen.address, chosen.address, "account"), opened

    def open_account(
        self,
        address: Address,
        why: str,
        now_ms: int,
        named: bool = True,
        other_candidates: tuple[Address, ...] = (),
    ) -> Outcome:
        """Give an address a funded account, or a name to the one it has.

        Args:
            why: as in the trace's `account.created`.
            named: whether anybody but a signature has spoken of this address.
            other_candidates: what else the signature could have recovered to.
        """
        block = Block(self, now_ms)
        if address not in self.accounts:
            block.open_funded(address, why, named, other_candidates)
        elif named:
            self.identity.name(address, why)
        return _close(block, replies.DEFAULT)

    def mention(self, address: Address, why: str, now_ms: int) -> Outcome | None:
        """Somebody asked for this address (`info`, `subscription`): name it, and on first sight open its account.

        Nothing is opened for an agent, whose own account is empty (Hyperliquid docs: Info endpoint), or when `strict`.
        """
        account = self.accounts.get(address)
        if account is not None and account.named:
            return None
        if account is None and (self.settings.strict or self.identity.was_agent(address)):
            self.identity.name(address, why)
            return None
        return self.open_account(address, why, now_ms)

    # What happens.

    def apply(
        self,
        action: Action,
        *,
        account: Address,
        signer: Address,
        nonce: int,
        expires_after: int | None = None,
        now_ms: int,
        wall_ms: int,
    ) -> Outcome:
        """Carry out one signed action: nonce, expiry, then the action itself.

        Args:
            account: who acts, as `admit` found it.
            signer: whose nonce is used.

        Raises:
            KeyError: there is no such account.
        """
        acting = self.accounts[account]
        if type(action) is MultiSigAction:
            action = action.payload.action
        text = self.nonces.use(signer, nonce, wall_ms)
        if text is None and expires_after is not None and expires_after < wall_ms:
            text = texts.EXPIRED
            limits.count(acting, limits.EXPIRED_WEIGHT * limits.weight_of(action), now_ms)
        if text is None and self.settings.request_limits:
            text = limits.over_limit(acting, action, now_ms)
        if text is not None:
            return Outcome(replies.error(text).body, statuses=(text,))
        block = Block(self, now_ms)
        reply = STEPS[type(action)](block, acting, action)
        limits.count(acting, limits.weight_of(action), now_ms)
        return _close(block, reply)

    def force_fill(self, oid: int, sz: Decimal | None = None, px: Decimal | None = None, *, now_ms: int) -> Outcome:
        """Execute an open order by hand, against the quote's address.

        Args:
            sz: at most the rest is filled, and all of it by default; 0 sends the order's state again.
            px: the order's limit price by default.
        """
        order = self.orders.get(Oid(oid))
        if order is None or not order.is_open:
            return _refused(f"{texts.MISSING_ORDER} oid={oid}")
        if (sz is not None and sz < 0) or (px is not None and px <= 0):
            return _refused("size must not be negative and price must be positive")
        block = Block(self, now_ms)
        executed = order.sz if sz is None else min(sz, order.sz)
        at = order.limit_px if px is None else px
        if executed:
            fill_resting(block, order, at, executed)
            block.traded[order.account] = None
        else:
            block.order_changed(order, self.accounts[order.account], "open")
        body = {"oid": oid, "totalSz": wire(executed), "avgPx": wire(at), "left": wire(order.sz)}
        return _close(block, replies.data("fill", body))

    def set_quote(
        self,
        coin: str,
        bid_px: Decimal | None,
        bid_sz: Decimal | None,
        ask_px: Decimal | None,
        ask_sz: Decimal | None,
        now_ms: int,
    ) -> Outcome:
        """Set the quoted best bid and offer of a coin; resting orders that they reach fill at their own price.

        Args:
            bid_px, ask_px: `None` takes the side away.
            bid_sz, ask_sz: what one taker order can take; `None` keeps the size.
        """
        if coin not in self.markets.by_coin:
            return _refused(f"unknown coin {coin!r}")
        book = self.book(coin)
        old = book.quote
        quote = Quote(
            bid_px, old.bid_sz if bid_sz is None else bid_sz, ask_px, old.ask_sz if ask_sz is None else ask_sz
        )
        given = [px for px in (bid_px, ask_px) if px is not None]
        if min([*given, ZERO]) < 0 or ZERO in given or quote.bid_sz < 0 or quote.ask_sz < 0:
            return _refused("prices must be positive and sizes must not be negative")
        if bid_px is not None and ask_px is not None and bid_px >= ask_px:
            return _refused(f"bid {bid_px} must be below ask {ask_px}")
        return self.move(Movement(coin, quote), now_ms)

    def move(self, movement: Movement, now_ms: int) -> Outcome:
        """Let the market outside move a coin: quote, oracle and mark price, a trade; all in one block."""
        block = Block(self, now_ms)
        move(block, movement)
        return _close(block, replies.DEFAULT)

    def set_prices(
        self, coin: str, *, oracle_px: Decimal | None = None, mark_px: Decimal | None = None, now_ms: int
    ) -> Outcome:
        """Set the oracle price of a coin, its mark price or both; `None` leaves a price as it is.

        The quote stays: it moves the mark price again when it is next set.
        """
        if coin not in self.markets.by_coin:
            return _refused(f"unknown coin {coin!r}")
        if any(px is not None and not (px.is_finite() and px > 0) for px in (oracle_px, mark_px)):
            return _refused("prices must be positive")
        block = Block(self, now_ms)
        set_prices(block, self.book(coin), oracle_px=oracle_px, mark_px=mark_px)
        return _close(block, replies.DEFAULT)

    def fund(self, address: Address, amount: Decimal, now_ms: int, *, token: str | None = None) -> Outcome:
        """Deposit USDC into the perp balance, or a token into the spot balance. A new account gets just that.

        Args:
            token: as in transfers (`HYPE` or `HYPE:0x...`); `None` is the perp balance.
        """
        if not amount.is_finite() or amount <= 0:
            return _refused("amount must be positive")
        found = None if token is None else self.markets.token(token)
        if token is not None and found is None:
            return _refused(texts.unknown_token(token))
        block = Block(self, now_ms)
        account = self.accounts.get(address)
        if account is None:
            account = block.open_account(address, "funded", usdc=amount if found is None else ZERO)
        elif found is None:
            account.usdc += amount
        self.identity.name(address, "funded")
        if found is None:
            block.ledger_changed(account, {"type": "deposit", "usdc": wire(amount)})
        else:
            account.spot[found.index] = account.balance(found.index) + amount
            block.ledger_changed(account, {"type": "spotGenesis", "token": found.name, "amount": wire(amount)})
        return _close(block, replies.DEFAULT)

    def due(self, now_ms: int) -> Iterator[Outcome]:
        """Do what fell due by now, in order: each entry of the agenda is a block of its own, at its own time."""
        self.ticked_ms = max(self.ticked_ms, now_ms)
        while entry := self.agenda.pop_due(now_ms):
            block = Block(self, max(entry.time_ms, self.last_block_ms))
            carry_out(block, entry.kind, entry.key)
            outcome = _close(block, replies.DEFAULT)
            if outcome.commit is not None:
                yield outcome

    def reset(self, now_ms: int) -> Outcome:
        """Back to the start, but for the ids and the names of test wallets."""
        block = Block(self, now_ms)
        touched, wallets = list(self.books), self.identity.named_as(WALLET)
        self.become(self.fresh())
        for address in wallets:
            self.identity.name(address, WALLET)
        for coin in touched:
            block.book_changed(self.book(coin))
        return _close(block, replies.DEFAULT)

    # What is there.

    def find_order(self, account: Address | None, which: int | str) -> Order | None:
        """The order with this oid, or the newest with this cloid.

        Raises:
            AmbiguousCloid: no account was given, and several have used the cloid.
        """
        if isinstance(which, int):
            order = self.orders.get(Oid(which))
            return order if account is None or order is None or order.account == account else None
        owners = self.accounts.values() if account is None else filter(None, [self.accounts.get(account)])
        found = [self.orders[owner.latest_by_cloid[which]] for owner in owners if which in owner.latest_by_cloid]
        if len(found) > 1:
            raise AmbiguousCloid(which, found)
        return found[0] if found else None

    def next_commit(self) -> Commit:
        """The number of a block that changes nothing in the exchange: one tick of the clocked feeds."""
        self.commit = Commit(self.commit + 1)
        return self.commit

    def related(self, address: Address) -> Sequence[tuple[Address, str]]:
        """Addresses that a client may have subscribed to instead of this account, each with what it is to it."""
        account, led = self.accounts.get(address), self.led.get(address)
        if account is None or not (account.agents or account.master or account.multi_sig or led):
            return ()
        related = [(agent, "agent") for agent in account.agents]
        if account.master is not None:
            related.append((account.master, "master"))
            related += [(agent, "agent of the master") for agent in self.accounts[account.master].agents]
        if account.multi_sig is not None:
            related += [(user, "signer") for user in account.multi_sig.authorized]
        related += [(each, "vault" if self.accounts[each].is_vault else "subAccount") for each in led or ()]
        return related

    def led_accounts(self) -> list[Address]:
        """Every vault and sub-account."""
        return [address for led in self.led.values() for address in led]

    def open_orders(self) -> list[Order]:
        """Of all accounts, by oid; armed triggers are among them."""
        orders = [order for account in self.accounts.values() for order in account.open_orders.values()]
        return sorted(orders, key=lambda order: order.oid)


def _close(block: Block, reply: Reply) -> Outcome:
    state = block.state
    if state.armed or state.twaps:
        triggers.fire_touched(block)
    while block.traded:
        liquidation.check_traded(block)
        triggers.fire_touched(block)
    commit, changes = block.close()
    return Outcome(reply.body, commit, changes, reply.words)


def _refused(text: str) -> Outcome:
    return Outcome(replies.error(text).body, statuses=(text,))
