// Steps of the nktkas client's day for the actions that are not plain orders: what each does, or its refusal.

import assert from "node:assert/strict";
import { ExchangeClient } from "@nktkas/hyperliquid";
import { privateKeyToAccount } from "viem/accounts";
import { control, until } from "./day.mjs";

const NOBODY = `0x${"cd".repeat(20)}`;
const BUILDER = `0x${"ce".repeat(20)}`;
const [BTC, ETH, SOL] = [0, 1, 5];

// The steps, for a client with its day's objects.
export function actions({ http, socket, info, exchange, frames, user, position }) {
  const lower = user.toLowerCase();
  const withdrawable = async (address = user) => Number((await info.clearinghouseState({ user: address })).withdrawable);
  const market = (a, b, s, p) => ({ a, b, p, s, r: false, t: { limit: { tif: "Ioc" } } });
  const client = (key, options) => new ExchangeClient({ transport: http, wallet: privateKeyToAccount(key), ...options });

  async function order(grouping, ...orders) {
    return (await exchange.order({ orders, grouping })).response.data.statuses;
  }

  return {
    async trades_in_slices() {
      const twap = { a: BTC, b: true, s: "0.1", r: false, m: 5, t: false };
      const { twapId } = (await exchange.twapOrder({ twap })).response.data.status.running;
      const history = () => frames.userTwapHistory.flatMap((each) => each.history).filter((each) => each.twapId === twapId);
      await until(() => history().length, "the start of the TWAP");
      await control("clock/advance", { seconds: 31 });
      const slices = () => frames.userTwapSliceFills.flatMap((each) => each.twapSliceFills);
      await until(() => slices().some((each) => each.twapId === twapId), "the fill of a slice");
      await exchange.twapCancel({ a: BTC, t: twapId });
      await until(() => history().length === 2, "the end of the TWAP");
      assert.deepEqual(history().map((each) => each.status.status), ["activated", "terminated"]);
    },

    async protects_what_it_opens() {
      const mark = Number((await info.metaAndAssetCtxs())[1][SOL].markPx);
      const [entry, stop, target] = [1.02, 0.9, 1.5].map((factor) => (mark * factor).toFixed(1));
      const leg = (tpsl, px) => ({
        ...{ a: SOL, b: false, p: (px * 0.9).toFixed(1), s: "2", r: true },
        t: { trigger: { isMarket: true, triggerPx: px, tpsl } },
      });
      const statuses = await order("normalTpsl", market(SOL, true, "2", entry), leg("tp", target), leg("sl", stop));
      assert.equal(statuses[0].filled.totalSz, "2.0");
      const waiting = (await info.frontendOpenOrders({ user })).filter((each) => each.isTrigger);
      assert.deepEqual(waiting.map((each) => each.orderType).sort(), ["Stop Market", "Take Profit Market"]);
      await control("prices", { coin: "SOL", mark: (stop - 0.1).toFixed(1) });
      const updates = (type) => {
        const { oid } = waiting.find((each) => each.orderType === type);
        return frames.orderUpdates.flat().filter((each) => each.order.oid === oid).map((each) => each.status);
      };
      await until(() => updates("Stop Market").includes("filled"), "the fill of the stop");
      await until(() => updates("Take Profit Market").includes("siblingFilledCanceled"), "the end of the target");
      assert.equal(await position("SOL"), 0);
    },

    async changes_margin() {
      await exchange.updateLeverage({ asset: SOL, isCross: false, leverage: 4 });
      const px = Number((await info.allMids()).SOL);
      await order("na", market(SOL, true, "2", (px * 1.03).toFixed(1)));
      const margin = async () => {
        const { assetPositions } = await info.clearinghouseState({ user });
        return Number(assetPositions.find((each) => each.position.coin === "SOL").position.leverage.rawUsd);
      };
      const before = await margin();
      await exchange.updateIsolatedMargin({ asset: SOL, isBuy: true, ntli: 10e6 });
      assert.equal((await margin() - before).toFixed(2), "10.00");
    },

    async moves_money() {
      const token = `USDC:${(await info.spotMeta()).tokens[0].tokenId}`;
      const before = await withdrawable();
      const updates = frames.userNonFundingLedgerUpdates.length;
      await exchange.usdClassTransfer({ amount: "100", toPerp: false });
      await exchange.usdSend({ destination: NOBODY, amount: "5" });
      await exchange.withdraw3({ destination: NOBODY, amount: "10" });
      const opened = 1; // the fee for an account that did not exist
      assert.equal((before - (await withdrawable())).toFixed(6), (100 + 5 + opened + 10).toFixed(6));
      await exchange.spotSend({ destination: NOBODY, token, amount: "5" });
      await exchange.sendAsset({ destination: NOBODY, sourceDex: "spot", destinationDex: "", token, amount: "5" });
      await until(() => frames.userNonFundingLedgerUpdates.length >= updates + 5, "the ledger updates");
    },

    async has_a_sub_account() {
      const token = `USDC:${(await info.spotMeta()).tokens[0].tokenId}`;
      const sub = (await exchange.createSubAccount({ name: "desk" })).response.data;
      await exchange.subAccountModify({ subAccountUser: sub, name: "renamed" });
      await exchange.subAccountTransfer({ subAccountUser: sub, isDeposit: true, usd: 500e6 });
      await exchange.subAccountSpotTransfer({ subAccountUser: sub, isDeposit: true, token, amount: "5" });
      const [row] = await info.subAccounts({ user });
      assert.deepEqual([row.subAccountUser, row.name, row.master], [sub, "renamed", lower]);
      assert.equal(await withdrawable(sub), 500);
      const desk = client(`0x${"11".repeat(32)}`, { defaultVaultAddress: sub });
      await desk.order({ orders: [{ ...market(ETH, true, "0.2", "1100"), t: { limit: { tif: "Gtc" } } }], grouping: "na" });
      assert.equal((await info.openOrders({ user: sub })).length, 1);
    },

    async leads_a_vault() {
      const terms = { name: "Interop vault", description: "A vault of the interop tests", initialUsd: 100e6 };
      const nonce = Date.now() - 1; // its own documentation gives the clock's: not that of the request around it
      const vaultAddress = (await exchange.createVault({ ...terms, nonce })).response.data;
      await exchange.vaultModify({ vaultAddress, allowDeposits: true, alwaysCloseOnWithdraw: false });
      await exchange.vaultTransfer({ vaultAddress, isDeposit: true, usd: 50e6 });
      await exchange.vaultDistribute({ vaultAddress, usd: 10e6 });
      const details = await info.vaultDetails({ vaultAddress, user });
      assert.deepEqual([details.name, details.leader, details.allowDeposits], [terms.name, lower, true]);
      assert.deepEqual(await info.leadingVaults({ user }), [{ address: vaultAddress, name: terms.name }]);
      await assert.rejects(exchange.vaultTransfer({ vaultAddress, isDeposit: false, usd: 10e6 }), {
        message: /Cannot withdraw during lockup period after depositing/,
      });
    },

    async stakes() {
      const { universe, tokens } = await info.spotMeta();
      const hype = tokens.find((each) => each.name === "HYPE");
      const pair = universe.find((each) => each.tokens[0] === hype.index && each.tokens[1] === 0);
      const { levels } = await info.l2Book({ coin: pair.name });
      const [{ filled }] = await order("na", market(10_000 + pair.index, true, "1", levels[1][0].px));
      assert.equal(filled.totalSz, "1.0");
      await exchange.cDeposit({ wei: 0.5e8 });
      const [{ validator }] = await info.validatorSummaries();
      await exchange.tokenDelegate({ validator, wei: 0.4e8, isUndelegate: false });
      const [delegation] = await info.delegations({ user });
      assert.deepEqual([delegation.validator, delegation.amount], [validator, "0.4"]);
      await exchange.cWithdraw({ wei: 0.1e8 });
      assert.equal((await info.delegatorSummary({ user })).totalPendingWithdrawal, "0.1");
    },

    async sets_its_preferences() {
      await exchange.scheduleCancel({ time: Date.now() + 90_000 });
      await exchange.scheduleCancel();
      await exchange.setDisplayName({ displayName: "interop" });
      await exchange.spotUser({ toggleSpotDusting: { optOut: true } });
      await exchange.evmUserModify({ usingBigBlocks: true });
      await exchange.noop();
      await exchange.reserveRequestWeight({ weight: 1 });
      await exchange.userSetAbstraction({ user, abstraction: "disabled" });
      await exchange.agentSetAbstraction({ abstraction: "i" });
      await exchange.userDexAbstraction({ user, enabled: false });
      await exchange.agentEnableDexAbstraction();
      await exchange.userPortfolioMargin({ user, enabled: false });
      await exchange.approveBuilderFee({ builder: BUILDER, maxFeeRate: "0.01%" });
      assert.equal(await info.maxBuilderFee({ user, builder: BUILDER }), 10);
    },

    async refers_another_account() {
      await exchange.registerReferrer({ code: "INTEROP" });
      const key = `0x${"22".repeat(32)}`;
      const { address } = privateKeyToAccount(key);
      await info.clearinghouseState({ user: address }); // names the account, before its first signature
      await client(key).setReferrer({ code: "INTEROP" });
      const { referredBy } = await info.referral({ user: address });
      assert.deepEqual([referredBy.referrer, referredBy.code], [lower, "INTEROP"]);
    },

    async becomes_an_account_of_several() {
      const shared = privateKeyToAccount(`0x${"55".repeat(32)}`);
      const signers = ["33", "44"].map((digits) => privateKeyToAccount(`0x${digits.repeat(32)}`));
      for (const each of [shared, ...signers]) await info.clearinghouseState({ user: each.address });
      const owner = client(`0x${"55".repeat(32)}`);
      const authorizedUsers = signers.map((each) => each.address);
      await owner.convertToMultiSigUser({ signers: { authorizedUsers, threshold: 2 } });
      assert.equal((await info.userToMultiSigSigners({ user: shared.address })).threshold, 2);
      const desk = new ExchangeClient({ transport: socket, signers, multiSigUser: shared.address });
      const resting = { ...market(ETH, true, "0.2", "1100"), t: { limit: { tif: "Gtc" } } };
      const answer = await desk.order({ orders: [resting], grouping: "na" });
      const [{ oid }] = await info.openOrders({ user: shared.address });
      assert.equal(answer.response.data.statuses[0].resting.oid, oid);
      await desk.usdSend({ destination: NOBODY, amount: "1" });
    },

    // What needs a stake, a role, a code that exists, or a part of the exchange that the mock does not have.
    async is_refused_what_it_may_not() {
      const asset = { coin: "TEST", szDecimals: 1, oraclePx: "1", marginTableId: 1, onlyIsolated: false };
      const refusals = {
        setReferrer: [{ code: "NOBODY" }, /Referral code not registered/],
        claimRewards: [undefined, /No rewards to claim/],
        topUpIsolatedOnlyMargin: [{ asset: SOL, leverage: "2" }, /Asset not strict isolated/],
        perpDeploy: [
          { registerAsset: { maxGas: null, assetRequest: asset, dex: "test", schema: null } },
          /Deployer has not staked enough/,
        ],
        cSignerAction: [{ jailSelf: null }, /Signer invalid or inactive for current epoch/],
        validatorL1Stream: [{ riskFreeRate: "0.05" }, /Unknown validator/],
      };
      for (const [method, [parameters, message]] of Object.entries(refusals)) {
        const call = exchange[method](...(parameters ? [parameters] : []));
        await assert.rejects(call, { name: "ApiRequestError", message }, method);
      }
    },
  };
}
