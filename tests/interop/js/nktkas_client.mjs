// A trading day with @nktkas/hyperliquid, unmodified: `node nktkas_client.mjs URL CONTROL_URL`.
// Orders go over HTTP, everything else that may go over the WebSocket does.

import assert from "node:assert/strict";
import { ExchangeClient, HttpTransport, InfoClient, SubscriptionClient, WebSocketTransport } from "@nktkas/hyperliquid";
import { SymbolConverter } from "@nktkas/hyperliquid/utils";
import { privateKeyToAccount } from "viem/accounts";
import WebSocket from "ws";
import { control, cut, live, until, URL_HTTP, URL_WS } from "./day.mjs";
import { actions } from "./nktkas_actions.mjs";

const wallet = privateKeyToAccount(`0x${"11".repeat(32)}`);
const user = wallet.address; // with its checksum: mixed case, as viem gives it
const LONG_AGO_MS = 1_500_000_000_000;
const [BTC, ETH] = [0, 1];

const http = new HttpTransport({ apiUrl: URL_HTTP });
const socket = new WebSocketTransport({ url: URL_WS, reconnect: { WebSocket } });
const info = new InfoClient({ transport: http });
const exchange = new ExchangeClient({ transport: http, wallet });
const streams = new SubscriptionClient({ transport: socket });

const frames = {}; // data of every frame, by feed
const subscriptions = {};
let cloids = 0;
// Large, as random ones are: this client reads a small cloid in a question as an oid.
const cloid = () => `0xc0ffee${(++cloids).toString(16).padStart(26, "0")}`;

function gtc(px, { sz = "0.2", c, b = true, a = ETH } = {}) {
  return { a, b, p: px, s: sz, r: false, t: { limit: { tif: "Gtc" } }, ...(c && { c }) };
}

async function place(order) {
  const answer = await exchange.order({ orders: [order], grouping: "na" });
  return answer.response.data.statuses[0].resting.oid;
}

const openOids = async (address = user) => (await info.openOrders({ user: address })).map((each) => each.oid);
const updates = (oid) => frames.orderUpdates.flat().filter((each) => each.order.oid === oid).map((each) => each.status);

async function expectUpdates(oid, ...statuses) {
  await until(() => updates(oid).length >= statuses.length, `${statuses} of ${oid}`);
  assert.deepEqual(updates(oid), statuses);
}

async function position(coin) {
  const { assetPositions } = await info.clearinghouseState({ user });
  return Number(assetPositions.find((each) => each.position.coin === coin)?.position.szi ?? 0);
}

// Every feed that the client knows at this endpoint, with the arguments of its method.
const FEEDS = {
  activeAssetCtx: [{ coin: "BTC" }],
  activeAssetData: [{ coin: "BTC", user }],
  activeSpotAssetCtx: [{ coin: "PURR/USDC" }],
  allDexsAssetCtxs: [],
  allDexsClearinghouseState: [{ user }],
  allMids: [],
  assetCtxs: [],
  bbo: [{ coin: "BTC" }],
  candle: [{ coin: "BTC", interval: "1m" }],
  clearinghouseState: [{ user }],
  l2Book: [{ coin: "BTC" }],
  notification: [{ user }],
  openOrders: [{ user }],
  orderUpdates: [{ user }],
  spotAssetCtxs: [],
  spotState: [{ user }],
  trades: [{ coin: "BTC" }],
  twapStates: [{ user }],
  userEvents: [{ user }],
  userFills: [{ user }],
  userFundings: [{ user }],
  userHistoricalOrders: [{ user }],
  userNonFundingLedgerUpdates: [{ user }],
  userTwapHistory: [{ user }],
  userTwapSliceFills: [{ user }],
  webData2: [{ user }],
  webData3: [{ user }],
};
const SILENT = ["notification"]; // sent for events that this day does not have

// Every question of its info client, but for those of the explorer.
const QUESTIONS = {
  activeAssetData: { user, coin: "BTC" },
  alignedQuoteTokenInfo: { token: 0 },
  allBorrowLendReserveStates: undefined,
  allMids: undefined,
  allPerpMetas: undefined,
  approvedBuilders: { user },
  borrowLendReserveState: { token: 0 },
  borrowLendUserState: { user },
  candleSnapshot: { coin: "BTC", interval: "1m", startTime: LONG_AGO_MS },
  clearinghouseState: { user },
  delegations: { user },
  delegatorHistory: { user },
  delegatorRewards: { user },
  delegatorSummary: { user },
  exchangeStatus: undefined,
  extraAgents: { user },
  frontendOpenOrders: { user },
  fundingHistory: { coin: "BTC", startTime: LONG_AGO_MS },
  gossipRootIps: undefined,
  historicalOrders: { user },
  isVip: { user },
  l2Book: { coin: "BTC" },
  leadingVaults: { user },
  legalCheck: { user },
  liquidatable: undefined,
  marginTable: { id: 50 },
  maxBuilderFee: { user, builder: `0x${"ab".repeat(20)}` },
  maxMarketOrderNtls: undefined,
  meta: undefined,
  metaAndAssetCtxs: undefined,
  openOrders: { user },
  orderStatus: { user, oid: 1 },
  outcomeMeta: undefined,
  perpAnnotation: { coin: "BTC" },
  perpCategories: undefined,
  perpConciseAnnotations: undefined,
  perpDeployAuctionStatus: undefined,
  perpDexLimits: { dex: "xyz" },
  perpDexs: undefined,
  perpDexStatus: { dex: "" },
  perpsAtOpenInterestCap: undefined,
  portfolio: { user },
  predictedFundings: undefined,
  preTransferCheck: { user, source: user },
  recentTrades: { coin: "BTC" },
  referral: { user },
  spotClearinghouseState: { user },
  spotDeployState: { user },
  spotMeta: undefined,
  spotMetaAndAssetCtxs: undefined,
  spotPairDeployAuctionStatus: undefined,
  subAccounts: { user },
  subAccounts2: { user },
  tokenDetails: { tokenId: "0xc1fb593aeffbeb02f85e0308e9956a90" },
  twapHistory: { user },
  userAbstraction: { user },
  userBorrowLendInterest: { user, startTime: LONG_AGO_MS },
  userDexAbstraction: { user },
  userFees: { user },
  userFills: { user },
  userFillsByTime: { user, startTime: LONG_AGO_MS },
  userFunding: { user, startTime: LONG_AGO_MS },
  userNonFundingLedgerUpdates: { user },
  userRateLimit: { user },
  userRole: { user },
  userToMultiSigSigners: { user },
  userTwapSliceFills: { user },
  userTwapSliceFillsByTime: { user, startTime: LONG_AGO_MS },
  userVaultEquities: { user },
  validatorL1Votes: undefined,
  validatorSummaries: undefined,
  vaultSummaries: undefined,
  webData2: { user },
};

await live({
  async starts_up() {
    const symbols = await SymbolConverter.create({ transport: http, dexs: true });
    assert.deepEqual([symbols.getAssetId("BTC"), symbols.getAssetId("ETH")], [BTC, ETH]);
    assert.equal(symbols.getSpotPairId("PURR/USDC"), "PURR/USDC");
    await socket.ready();
  },

  async subscribes_and_waits_for_each_acknowledgement() {
    for (const [feed, parameters] of Object.entries(FEEDS)) {
      frames[feed] = [];
      subscriptions[feed] = await streams[feed](...parameters, (data) => frames[feed].push(data));
    }
    await until(() => frames.userFills.length, "the snapshot of userFills");
    assert.deepEqual(frames.userFills[0], { user: user.toLowerCase(), isSnapshot: true, fills: [] });
  },

  async places() {
    const c = cloid();
    const oid = await place(gtc("1100", { c }));
    assert((await openOids()).includes(oid));
    for (const id of [oid, c]) {
      const found = await info.orderStatus({ user, oid: id });
      assert.deepEqual([found.status, found.order.order.oid, found.order.status], ["order", oid, "open"]);
    }
    await expectUpdates(oid, "open");
  },

  async modifies() {
    const c = cloid();
    const old = await place(gtc("1102", { c }));
    await exchange.modify({ oid: old, order: gtc("1105", { c }) });
    const renewed = (await info.orderStatus({ user, oid: c })).order.order;
    assert.deepEqual([renewed.limitPx, renewed.sz], ["1105.0", "0.2"]);
    assert.notEqual(renewed.oid, old);
    await expectUpdates(old, "open", "canceled");
    const answer = await exchange.batchModify({ modifies: [{ oid: renewed.oid, order: gtc("1106", { c }) }] });
    const [{ resting }] = answer.response.data.statuses;
    await expectUpdates(renewed.oid, "open", "canceled");
    await expectUpdates(resting.oid, "open");
  },

  async cancels() {
    const c = cloid();
    const [first, second] = [await place(gtc("1103")), await place(gtc("1104", { c }))];
    const byOid = await exchange.cancel({ cancels: [{ a: ETH, o: first }] });
    const byCloid = await exchange.cancelByCloid({ cancels: [{ asset: ETH, cloid: c }] });
    assert.deepEqual([byOid.response.data.statuses, byCloid.response.data.statuses], [["success"], ["success"]]);
    await expectUpdates(first, "open", "canceled");
    await expectUpdates(second, "open", "canceled");
    await assert.rejects(exchange.cancel({ cancels: [{ a: ETH, o: first }] }), {
      name: "ApiRequestError",
      message: /Order was never placed, already canceled, or filled/,
    });
  },

  async is_filled_as_a_taker() {
    const { levels } = await info.l2Book({ coin: "BTC" });
    const order = { ...gtc(levels[1][0].px, { a: BTC, sz: "0.05" }), t: { limit: { tif: "Ioc" } } };
    const [{ filled }] = (await exchange.order({ orders: [order], grouping: "na" })).response.data.statuses;
    assert.equal(filled.totalSz, "0.05");
    assert.equal(await position("BTC"), 0.05);
    await expectUpdates(filled.oid, "open", "filled");
    const of = (fills) => fills.some((each) => each.oid === filled.oid);
    await until(() => frames.userFills.slice(1).some((each) => of(each.fills)), "userFills");
    await until(() => frames.userEvents.some((each) => each.fills && of(each.fills)), "userEvents");
    await until(() => frames.trades.flat().some((each) => each.users.includes(user.toLowerCase())), "the trade");
    await until(() => frames.clearinghouseState.some((each) => each.clearinghouseState.assetPositions.length), "the position");
  },

  async is_filled_as_a_maker_in_parts() {
    const oid = await place(gtc("1110", { sz: "0.3" }));
    await control("fill", { oid, sz: "0.1" });
    const partly = (await info.openOrders({ user })).find((each) => each.oid === oid);
    assert.deepEqual([partly.sz, partly.origSz], ["0.2", "0.3"]);
    await control("fill", { oid });
    await expectUpdates(oid, "open", "filled");
    const fills = () => frames.userFills.slice(1).flatMap((each) => each.fills).filter((each) => each.oid === oid);
    await until(() => fills().length === 2, "both fills");
    assert.deepEqual(fills().map((each) => [each.sz, each.crossed]), [["0.1", false], ["0.2", false]]);
    assert.equal(await position("ETH"), 0.3);
  },

  async is_refused_with_the_exchanges_words() {
    await assert.rejects(place(gtc("1100", { sz: "0.001" })), {
      name: "ApiRequestError",
      message: /Order must have minimum value of \$10\. asset=1/,
    });
  },

  async trades_with_an_agent() {
    const agent = privateKeyToAccount(`0x${"a9".repeat(32)}`);
    await exchange.approveAgent({ agentAddress: agent.address, agentName: "desk" });
    assert.equal((await info.userRole({ user: agent.address })).role, "agent");
    const desk = new ExchangeClient({ transport: http, wallet: agent });
    const answer = await desk.order({ orders: [gtc("1107")], grouping: "na" });
    const { oid } = answer.response.data.statuses[0].resting;
    assert((await openOids()).includes(oid));
    await expectUpdates(oid, "open");
  },

  async sets_leverage() {
    await exchange.updateLeverage({ asset: BTC, isCross: true, leverage: 5 });
    assert.deepEqual((await info.activeAssetData({ user, coin: "BTC" })).leverage, { type: "cross", value: 5 });
  },

  ...actions({ http, socket, info, exchange, frames, user, position }),

  async posts_over_the_websocket() {
    const over = new InfoClient({ transport: socket });
    assert.deepEqual(await over.meta(), await info.meta());
    const desk = new ExchangeClient({ transport: socket, wallet });
    const answer = await desk.order({ orders: [gtc("1108")], grouping: "na" });
    const { oid } = answer.response.data.statuses[0].resting;
    await expectUpdates(oid, "open");
    await desk.cancel({ cancels: [{ a: ETH, o: oid }] });
    await expectUpdates(oid, "open", "canceled");
    await assert.rejects(desk.cancel({ cancels: [{ a: ETH, o: oid }] }), { name: "ApiRequestError" });
  },

  async asks_everything() {
    const failed = {};
    for (const [question, parameters] of Object.entries(QUESTIONS)) {
      await info[question](...(parameters ? [parameters] : [])).catch((error) => (failed[question] = String(error)));
    }
    assert.deepEqual(failed, {});
  },

  async was_sent_every_subscription() {
    for (const feed of Object.keys(FEEDS)) {
      if (!SILENT.includes(feed)) await until(() => frames[feed].length, `anything on ${feed}`);
    }
  },

  async reconnects_and_subscribes_again() {
    for (const how of ["abort", "close"]) {
      const snapshots = () => frames.userFills.filter((each) => each.isSnapshot).length;
      const before = snapshots();
      await cut(how);
      const oid = await place(gtc("1109"));
      await expectUpdates(oid, "open");
      await control("fill", { oid });
      await expectUpdates(oid, "open", "filled");
      assert.equal(snapshots(), before + 1, "one snapshot of userFills per connection");
      await until(() => frames.userFills.at(-1).fills.some((each) => each.oid === oid), "the fill on userFills");
    }
  },

  async unsubscribes() {
    for (const subscription of Object.values(subscriptions)) await subscription.unsubscribe();
    assert.deepEqual((await control("connections")).map((each) => each.subscriptions), [[]]);
    await socket.close();
    await until(async () => !(await control("connections")).length, "the end of the connection");
  },
});
