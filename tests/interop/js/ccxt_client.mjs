// A trading day with ccxt for JavaScript, REST and pro, unmodified: `node ccxt_client.mjs URL CONTROL_URL`.
// `ccxt_client.py` is the same day in Python.

import assert from "node:assert/strict";
import ccxt from "ccxt";
import { privateKeyToAccount } from "viem/accounts";
import { control, cut, live, until, URL_HTTP, URL_WS } from "./day.mjs";

const BTC = "BTC/USDC:USDC";
const ETH = "ETH/USDC:USDC";
const SOL = "SOL/USDC:USDC";
const PURR = "PURR/USDC";
const NOBODY = `0x${"cd".repeat(20)}`;
const privateKey = `0x${"11".repeat(32)}`;
const walletAddress = privateKeyToAccount(privateKey).address;

const exchange = new ccxt.pro.hyperliquid({ walletAddress, privateKey, enableRateLimit: false });
exchange.urls.api = { public: URL_HTTP, private: URL_HTTP, ws: { public: URL_WS } };
await exchange.loadHttpProxyAgent(); // it asks for this where the WebSocket's URL is not wss://

const seen = {}; // what each watch call brought, by its method
const lost = []; // errors of watch calls
let isOver = false;
let cloids = 0;
const clientOrderId = () => `0xc0ffee${(++cloids).toString(16).padStart(26, "0")}`;

// As its users write it: call again for ever, also after an error.
async function follow(method, ...args) {
  seen[method] = [];
  while (!isOver) {
    try {
      const news = await exchange[method](...args);
      seen[method].push(...structuredClone(Array.isArray(news) ? [...news] : [news])); // its caches change in place
    } catch (error) {
      if (!isOver) lost.push(error);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

// Only the newest: what one frame says of one order, its cache has once.
function expectStatus(id, status) {
  return until(() => seen.watchOrders.findLast((each) => each.id === id)?.status === status, `${status} of ${id}`);
}

const place = (price, amount = 0.2, params = {}) => exchange.createOrder(ETH, "limit", "buy", amount, price, params);
const openIds = async () => (await exchange.fetchOpenOrders()).map((each) => each.id);

async function contracts(symbol) {
  return (await exchange.fetchPositions([symbol])).reduce((sum, each) => sum + each.contracts, 0);
}

const FOLLOWED = {
  watchOrders: [],
  watchMyTrades: [],
  watchOrderBook: [BTC],
  watchTrades: [BTC],
  watchTicker: [BTC],
  watchTickers: [[BTC, ETH]],
  watchOHLCV: [BTC, "1m"],
  watchBalance: [],
  watchPositions: [],
};

const QUESTIONS = {
  fetchStatus: [],
  fetchTime: [],
  fetchCurrencies: [],
  fetchTicker: [BTC],
  fetchTickers: [],
  fetchOrderBook: [BTC],
  fetchTrades: [BTC, undefined, undefined, { user: walletAddress }],
  fetchOHLCV: [BTC, "1h"],
  fetchFundingRate: [BTC],
  fetchFundingRates: [],
  fetchFundingRateHistory: [BTC],
  fetchFundingHistory: [BTC],
  fetchOpenInterest: [BTC],
  fetchOpenInterests: [],
  fetchTradingFee: [BTC],
  fetchOrders: [],
  fetchClosedOrders: [],
  fetchCanceledOrders: [],
  fetchCanceledAndClosedOrders: [],
  fetchMyTrades: [],
  fetchLedger: [],
  fetchDeposits: [],
  fetchWithdrawals: [],
  fetchPosition: [BTC],
};

await live({
  async loads_markets() {
    const markets = await exchange.loadMarkets();
    assert.deepEqual([markets[BTC].baseId, markets[ETH].baseId], ["0", "1"]);
    assert.equal(markets[PURR].spot, true);
    assert.equal((await exchange.fetchBalance()).USDC.total, 1_000_000);
  },

  async watches() {
    for (const [method, args] of Object.entries(FOLLOWED)) follow(method, ...args);
    const quiet = ["watchOrders", "watchMyTrades", "watchTrades", "watchOHLCV", "watchPositions"]; // nothing happened yet
    for (const method of Object.keys(FOLLOWED)) {
      if (!quiet.includes(method)) await until(() => seen[method].length, `anything from ${method}`);
    }
    const [{ bids, asks }] = seen.watchOrderBook;
    assert(bids[0][0] < asks[0][0]);
    assert.equal(seen.watchBalance[0].USDC.total, 1_000_000);
    await until(async () => (await control("connections"))[0].subscriptions.length === 8, "eight subscriptions");
  },

  async places() {
    const id = clientOrderId();
    const order = await place(1100, 0.2, { clientOrderId: id });
    assert((await openIds()).includes(order.id));
    const found = await exchange.fetchOrder(order.id, ETH);
    assert.deepEqual([found.clientOrderId, found.price, found.remaining, found.status], [id, 1100, 0.2, "open"]);
    assert.equal((await exchange.fetchOrder(undefined, ETH, { clientOrderId: id })).id, order.id);
    await expectStatus(order.id, "open");
  },

  async edits() {
    const { id } = await place(1102);
    const edited = await exchange.editOrder(id, ETH, "limit", "buy", 0.1, 1105);
    assert.notEqual(edited.id, id);
    const ids = await openIds();
    assert.deepEqual([ids.includes(id), ids.includes(edited.id)], [false, true]);
    await expectStatus(id, "canceled");
    await expectStatus(edited.id, "open");
  },

  async cancels() {
    const order = (price) => ({
      ...{ symbol: ETH, type: "limit", side: "buy", amount: 0.2, price },
      params: { clientOrderId: clientOrderId() },
    });
    const orders = [order(1103), order(1104), order(1105)];
    const [first, second, third] = (await exchange.createOrders(orders)).map((each) => each.id);
    await exchange.cancelOrder(first, ETH);
    await exchange.cancelOrder(undefined, ETH, orders[1].params);
    await exchange.cancelOrdersForSymbols([{ id: third, symbol: ETH }]);
    for (const id of [first, second, third]) await expectStatus(id, "canceled");
    await assert.rejects(exchange.cancelOrder(first, ETH), ccxt.OrderNotFound);
  },

  async is_filled_as_a_taker() {
    const { asks } = await exchange.fetchOrderBook(BTC);
    const order = await exchange.createOrder(BTC, "market", "buy", 0.05, asks[0][0]);
    assert.equal(order.filled, 0.05);
    assert.equal(await contracts(BTC), 0.05);
    await expectStatus(order.id, "closed");
    await until(() => seen.watchMyTrades.some((each) => each.order === order.id), "the fill from watchMyTrades");
    await until(() => seen.watchTrades.length, "the trade from watchTrades");
    await until(() => seen.watchOHLCV.length, "the candle from watchOHLCV");
    await until(() => seen.watchPositions.some((each) => each.contracts === 0.05), "the position from watchPositions");
  },

  async is_filled_as_a_maker_in_parts() {
    const { id } = await place(1110, 0.3);
    await control("fill", { oid: Number(id), sz: "0.1" });
    const partly = (await exchange.fetchOpenOrders(ETH)).find((each) => each.id === id);
    assert.deepEqual([partly.amount, partly.remaining, partly.filled], [0.3, 0.2, 0.1]);
    await control("fill", { oid: Number(id) });
    await expectStatus(id, "closed");
    const fills = () => seen.watchMyTrades.filter((each) => each.order === id);
    await until(() => fills().length === 2, "both fills");
    assert.deepEqual(fills().map((each) => each.amount), [0.1, 0.2]);
    assert.equal(await contracts(ETH), 0.3);
  },

  async is_refused_with_the_exchanges_words() {
    await assert.rejects(place(1100, 0.001), (error) => {
      assert(error instanceof ccxt.InvalidOrder);
      return /Order must have minimum value of \$10\. asset=1/.test(error.message);
    });
  },

  async trades_over_the_websocket() {
    const placed = await exchange.createOrderWs(ETH, "limit", "buy", 0.2, 1106);
    const edited = await exchange.editOrderWs(placed.id, ETH, "limit", "buy", 0.2, 1107);
    await exchange.cancelOrderWs(edited.id, ETH);
    await expectStatus(placed.id, "canceled");
    await expectStatus(edited.id, "canceled");
  },

  async protects_what_it_opens() {
    const { last } = await exchange.fetchTicker(SOL);
    const [stop, target] = [0.9, 1.5].map((factor) => Number((last * factor).toFixed(1)));
    const legs = {
      stopLoss: { triggerPrice: stop, price: stop * 0.95, type: "market" },
      takeProfit: { triggerPrice: target, price: target * 0.95, type: "market" },
    };
    await exchange.createOrder(SOL, "limit", "buy", 2, last * 1.02, legs);
    assert.equal(await contracts(SOL), 2);
    const waiting = await exchange.fetchOpenOrders(SOL);
    assert.deepEqual(waiting.map((each) => each.triggerPrice).sort(), [stop, target].sort());
    await control("prices", { coin: "SOL", mark: String(stop - 1) });
    await expectStatus(waiting.find((each) => each.triggerPrice === stop).id, "closed");
    await expectStatus(waiting.find((each) => each.triggerPrice === target).id, "canceled");
    assert.equal(await contracts(SOL), 0);
    await control("prices", { coin: "SOL", mark: String(last) });
  },

  async trades_in_slices() {
    const before = await contracts(BTC);
    const { id } = await exchange.createTwapOrder(BTC, "BUY", 0.1, 5 * 60_000);
    await control("clock/advance", { seconds: 31 });
    await until(async () => (await contracts(BTC)) > before, "a slice");
    await exchange.cancelTwapOrder(id, BTC);
  },

  async trades_spot() {
    const { asks } = await exchange.fetchOrderBook(PURR);
    const order = await exchange.createOrder(PURR, "limit", "buy", 100, asks[0][0]);
    assert.equal(order.filled, 100);
    assert((await exchange.fetchBalance({ type: "spot" })).PURR.total > 99); // the fee of a buy is paid in the token
  },

  async changes_margin() {
    await exchange.setLeverage(5, BTC);
    await exchange.setMarginMode("isolated", SOL, { leverage: 4 });
    const { last } = await exchange.fetchTicker(SOL);
    await exchange.createOrder(SOL, "market", "buy", 2, last * 1.02);
    const margin = async () => (await exchange.fetchPosition(SOL)).collateral;
    const before = await margin();
    await exchange.addMargin(SOL, 10);
    assert.equal((await margin() - before).toFixed(2), "10.00");
    await exchange.reduceMargin(SOL, 5);
    assert.equal((await margin() - before).toFixed(2), "5.00");
  },

  async sets_its_preferences() {
    await exchange.cancelAllOrdersAfter(90_000);
    await exchange.reserveRequestWeight(1);
    await exchange.setUserAbstraction("disabled");
    await exchange.enableUserDexAbstraction(false);
    await exchange.setAgentAbstraction("i");
    await exchange.createSubAccount("desk");
    await exchange.createVault("Interop vault", "A vault of the interop tests", 100);
  },

  async moves_money() {
    const free = async (type) => (await exchange.fetchBalance({ type })).USDC.free;
    const before = [await free("swap"), await free("spot")];
    await exchange.transfer("USDC", 100, "swap", "spot");
    assert.deepEqual([await free("swap"), await free("spot")], [before[0] - 100, before[1] + 100]);
    await exchange.withdraw("USDC", 10, NOBODY);
    assert.equal(await free("swap"), before[0] - 110);
    const { amount, fee } = (await exchange.fetchWithdrawals()).at(-1);
    assert.deepEqual([amount, fee.cost], [9, 1]);
  },

  async asks_everything() {
    const failed = {};
    for (const [method, args] of Object.entries(QUESTIONS)) {
      await exchange[method](...args).catch((error) => (failed[method] = String(error)));
    }
    assert.deepEqual(failed, {});
  },

  async reconnects_and_subscribes_again() {
    for (const how of ["abort", "close"]) {
      assert.deepEqual(lost.splice(0), []);
      await cut(how);
      const errors = lost.splice(0);
      assert(errors.length > 0 && errors.every((error) => error instanceof ccxt.NetworkError), String(errors));
      const { id } = await place(1109);
      await expectStatus(id, "open");
      await control("fill", { oid: Number(id) });
      await expectStatus(id, "closed");
      await until(() => seen.watchMyTrades.some((each) => each.order === id), "the fill from watchMyTrades");
      const books = seen.watchOrderBook.length;
      await until(() => seen.watchOrderBook.length > books, "another book");
    }
  },

  async unwatches() {
    isOver = true;
    await exchange.unWatchOrderBook(BTC);
    await exchange.unWatchTrades(BTC);
    await exchange.unWatchMyTrades();
    await exchange.unWatchOrders();
    const [{ subscriptions }] = await control("connections");
    assert.equal(subscriptions.length, 4, String(subscriptions));
    await exchange.close();
  },
});
process.exit(); // a call of follow waits for ever
