package client

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	hyperliquid "github.com/sonirico/go-hyperliquid"
)

// The tests of this file run against the real exchange's behaviour.

func onReal(t *testing.T) *trader {
	t.Helper()
	t.Parallel()
	return newTrader(t, real.For(t))
}

func TestTheClientStarts(t *testing.T) {
	tr := onReal(t)
	info := tr.exchange.Info()
	for coin, asset := range map[string]int{"BTC": 0, "ETH": 1, "PURR/USDC": 10000} {
		if found, known := info.CoinToAsset(coin); !known || found != asset {
			t.Errorf("%s is asset %d", coin, found)
		}
	}
	dex := hyperliquid.NewInfo(tr.ctx, tr.ts.URL(), true, must(info.Meta(tr.ctx, "xyz"))(t), nil, nil,
		hyperliquid.InfoOptPerpDexName("xyz"))
	if asset, known := dex.CoinToAsset("xyz:XYZ100"); !known || asset != 110000 {
		t.Errorf("xyz:XYZ100 is asset %d", asset)
	}
}

func TestOrders(t *testing.T) {
	tr := onReal(t)
	tr.listen()
	ex, info := tr.exchange, tr.exchange.Info()

	oid := tr.place(cloid(1), 1500, 1)
	tr.expect(cloid(1), "open 1500.0 x 1.0")
	if queried := must(info.QueryOrderByOid(tr.ctx, tr.address, oid))(t); queried.Order.Order.Oid != oid {
		t.Fatalf("orderStatus answers %+v", queried)
	}

	// A modify is a cancel and a new order, and the single one has a reply that the client cannot read.
	change := hyperliquid.ModifyOrderRequest{Oid: &oid, Order: tr.request(cloid(1), 1501, 1)}
	modified := must(ex.BulkModifyOrders(tr.ctx, []hyperliquid.ModifyOrderRequest{change}))(t)
	newer := tr.resting(modified[0], nil)
	if newer == oid {
		t.Fatal("the oid was kept on modify")
	}
	change = hyperliquid.ModifyOrderRequest{Oid: &newer, Order: tr.request(cloid(1), 1502, 1)}
	if _, err := ex.ModifyOrder(tr.ctx, change); err == nil || !strings.Contains(err.Error(), "missing response.data") {
		t.Fatalf("a reply without data: %v", err)
	}
	tr.expect(cloid(1), "open 1500.0 x 1.0", "open 1501.0 x 1.0", "canceled 1500.0 x 1.0",
		"open 1502.0 x 1.0", "canceled 1501.0 x 1.0")

	placed := must(ex.BulkOrders(tr.ctx, []hyperliquid.CreateOrderRequest{
		tr.request(cloid(2), 1500, 1), tr.request(cloid(3), 1500, 1),
	}, nil))(t)
	_, err := ex.Order(tr.ctx, tr.request(cloid(4), 1500, 0.001), nil)
	if err == nil || err.Error() != "Order must have minimum value of $10. asset=1" {
		t.Fatalf("the small order: %v", err)
	}
	if open := must(info.OpenOrders(tr.ctx, tr.address))(t); len(open) != 3 {
		t.Fatalf("%d orders are open", len(open))
	}
	must(ex.Cancel(tr.ctx, "ETH", placed.Data.Statuses[0].Resting.Oid))(t)
	must(ex.BulkCancelByCloids(tr.ctx, []hyperliquid.CancelOrderRequestByCloid{
		{Coin: "ETH", Cloid: cloid(3)}, {Coin: "ETH", Cloid: cloid(1)},
	}))(t)
	tr.expect(cloid(3), "open 1500.0 x 1.0", "canceled 1500.0 x 1.0")
	if open := must(info.FrontendOpenOrders(tr.ctx, tr.address))(t); len(open) != 0 {
		t.Fatalf("%d orders are open", len(open))
	}

	_, err = ex.Cancel(tr.ctx, "ETH", oid)
	if err == nil || err.Error() != "Order was never placed, already canceled, or filled. asset=1" {
		t.Fatalf("the second cancel: %v", err)
	}
}

func TestPositions(t *testing.T) {
	tr := onReal(t)
	client, _ := tr.listen()
	fills := make(chan hyperliquid.WsOrderFills, 10)
	subscription := hyperliquid.OrderFillsSubscriptionParams{User: tr.address}
	subscribed(t, client.OrderFills, subscription, fills)
	if snapshot := next(t, fills); !snapshot.IsSnapshot || len(snapshot.Fills) != 0 {
		t.Fatalf("the snapshot is %+v", snapshot)
	}

	ex, info := tr.exchange, tr.exchange.Info()
	must(ex.UpdateLeverage(tr.ctx, 5, "BTC", true))(t)
	if data := must(info.UserActiveAssetData(tr.ctx, tr.address, "BTC"))(t); data.Leverage.Value != 5 {
		t.Fatalf("the leverage is %+v", data.Leverage)
	}
	opened := must(ex.MarketOpen(tr.ctx, "BTC", true, 0.05, nil, 0.05, nil, nil))(t)
	if opened.Filled == nil || opened.Filled.TotalSz != "0.05" {
		t.Fatalf("opened: %s", opened.String())
	}
	fill := next(t, fills)
	if fill.IsSnapshot || fill.Fills[0].Dir != "Open Long" || fill.Fills[0].Oid != int64(opened.Filled.Oid) {
		t.Fatalf("the fill is %+v", fill)
	}
	state := must(info.UserState(tr.ctx, tr.address))(t)
	if len(state.AssetPositions) != 1 || state.AssetPositions[0].Position.Szi != "0.05" {
		t.Fatalf("the positions are %+v", state.AssetPositions)
	}
	stop := hyperliquid.CreateOrderRequest{
		Coin: "BTC", Price: 50000, Size: 0.05, ReduceOnly: true,
		OrderType: hyperliquid.OrderType{Trigger: &hyperliquid.TriggerOrderType{
			TriggerPx: 50000, IsMarket: true, Tpsl: hyperliquid.StopLoss,
		}},
	}
	tr.resting(ex.Order(tr.ctx, stop, nil))
	if closed := must(ex.MarketClose(tr.ctx, "BTC", nil, nil, 0.05, nil, nil))(t); closed.Filled == nil {
		t.Fatalf("closed: %s", closed.String())
	}
	if fill := next(t, fills); fill.Fills[0].Dir != "Close Long" {
		t.Fatalf("the fill is %+v", fill)
	}
	if state := must(info.UserState(tr.ctx, tr.address))(t); len(state.AssetPositions) != 0 {
		t.Fatalf("the positions are %+v", state.AssetPositions)
	}
	if all := must(info.UserFills(tr.ctx, hyperliquid.UserFillsParams{Address: tr.address}))(t); len(all) != 2 {
		t.Fatalf("%d fills", len(all))
	}
}

func TestUserStreams(t *testing.T) {
	tr := onReal(t)
	client, connection := tr.listen()
	user := tr.address
	web, state := make(chan hyperliquid.WebData2, 10), make(chan hyperliquid.ClearinghouseState, 10)
	subscribed(t, client.WebData2, hyperliquid.WebData2SubscriptionParams{User: user}, web)
	subscribed(t, client.ClearinghouseState, hyperliquid.ClearinghouseStateSubscriptionParams{User: user}, state)
	// What the client subscribes to and then drops, for its keys differ on the two ways; nobody notifies.
	subscribed(t, client.OpenOrders, hyperliquid.OpenOrdersSubscriptionParams{User: user}, make(chan hyperliquid.OpenOrders, 1))
	subscribed(t, client.TwapStates, hyperliquid.TwapStatesSubscriptionParams{User: user}, make(chan hyperliquid.TwapStates, 1))
	subscribed(t, client.WebData3, hyperliquid.WebData3SubscriptionParams{User: user}, make(chan hyperliquid.WebData3, 1))
	note := hyperliquid.NotificationSubscriptionParams{User: user}
	subscribed(t, client.Notification, note, make(chan hyperliquid.Notification, 1))
	for _, kind := range []string{"openOrders", "twapStates", "webData3", "notification"} {
		tr.ts.WaitSubscribed(kind, user)
	}

	if data := next(t, web); data.User != user || data.ClearinghouseState.Withdrawable == "" || len(data.Meta.Universe) == 0 {
		t.Fatalf("webData2 is %+v", data)
	}
	if data := next(t, state); data.MarginSummary.AccountValue != "1000000.0" {
		t.Fatalf("clearinghouseState is %+v", data)
	}
	place := func(number int) {
		tr.place(cloid(number), 1500, 1)
		tr.expect(cloid(number), "open 1500.0 x 1.0")
	}
	place(1)
	if ended := tr.ts.Abort(connection); ended != 1 {
		t.Fatalf("%d connections have ended", ended)
	}
	tr.reconnect(client, connection)
	for _, kind := range []string{"webData2", "clearinghouseState", "openOrders"} {
		tr.ts.WaitSubscribed(kind, user)
	}
	place(2)
}

func TestMarketData(t *testing.T) {
	tr := onReal(t)
	client, _ := tr.listen()
	trades, candles := make(chan []hyperliquid.Trade, 10), make(chan hyperliquid.Candle, 10)
	mids, bbo := make(chan hyperliquid.AllMids, 10), make(chan hyperliquid.Bbo, 10)
	book, ctx := make(chan hyperliquid.L2Book, 10), make(chan hyperliquid.ActiveAssetCtx, 10)
	fast, all := make(chan hyperliquid.WsFastAssetCtxs, 10), make(chan hyperliquid.WsAllDexsAssetCtxs, 10)
	subscribed(t, client.Trades, hyperliquid.TradesSubscriptionParams{Coin: "SOL"}, trades)
	subscribed(t, client.Candles, hyperliquid.CandlesSubscriptionParams{Coin: "SOL", Interval: "1m"}, candles)
	subscribed(t, client.AllMids, hyperliquid.AllMidsSubscriptionParams{}, mids)
	subscribed(t, client.Bbo, hyperliquid.BboSubscriptionParams{Coin: "SOL"}, bbo)
	subscribed(t, client.L2Book, hyperliquid.L2BookSubscriptionParams{Coin: "SOL", NSigFigs: 5}, book)
	subscribed(t, client.ActiveAssetCtx, hyperliquid.ActiveAssetCtxSubscriptionParams{Coin: "SOL"}, ctx)
	if _, err := client.FastAssetCtxs(into(t, fast)); err != nil {
		t.Fatal(err)
	}
	if _, err := client.AllDexsAssetCtxs(into(t, all)); err != nil {
		t.Fatal(err)
	}
	tr.ts.WaitSubscribed("allDexsAssetCtxs")

	must(tr.exchange.MarketOpen(tr.ctx, "SOL", true, 1, nil, 0.05, nil, nil))(t)
	tr.ts.TriggerBBOUpdate("SOL")
	if trade := next(t, trades)[0]; trade.Coin != "SOL" || len(trade.Users) != 2 {
		t.Errorf("the trade is %+v", trade)
	}
	if candle := next(t, candles); candle.Symbol != "SOL" || candle.Interval != "1m" {
		t.Errorf("the candle is %+v", candle)
	}
	if prices := next(t, mids).Mids; prices["SOL"] == "" || prices["BTC"] == "" {
		t.Errorf("the mids are %v", prices)
	}
	if best := next(t, bbo).Bbo; len(best) != 2 || best[0].Px >= best[1].Px {
		t.Errorf("the best bid and offer are %+v", best)
	}
	if levels := next(t, book).Levels; len(levels) != 2 || levels[0][0].Px >= levels[1][0].Px {
		t.Errorf("the book is %+v", levels)
	}
	if shown := next(t, ctx).Ctx; shown.MarkPx <= 0 || shown.OraclePx <= 0 {
		t.Errorf("the context is %+v", shown)
	}
	if pairs := next(t, fast); len(pairs) == 0 {
		t.Error("no fast contexts")
	}
	if dexes := next(t, all).Ctxs; len(dexes) == 0 || dexes[0].First != "" || len(dexes[0].Second) == 0 {
		t.Errorf("the contexts of all dexes are %+v", dexes)
	}
}

func TestMoney(t *testing.T) {
	tr := onReal(t)
	friend := newTrader(t, tr.ts)
	ex := tr.exchange
	usdc := "USDC:0x6d1e7cde53ba9467b783cb7c530ce054"
	accepted := func(what string, status, failure string, err error) {
		t.Helper()
		if err != nil || status != "ok" {
			t.Errorf("%s: %s %s %v", what, status, failure, err)
		}
	}
	transfer := func(what string, answer *hyperliquid.TransferResponse, err error) {
		t.Helper()
		accepted(what, answer.Status, answer.Error, err)
	}
	answer, err := ex.UsdClassTransfer(tr.ctx, 100, false)
	transfer("usdClassTransfer", answer, err)
	answer, err = ex.UsdTransfer(tr.ctx, 10, friend.address)
	transfer("usdSend", answer, err)
	answer, err = ex.SpotTransfer(tr.ctx, 10, friend.address, usdc)
	transfer("spotSend", answer, err)
	answer, err = ex.WithdrawFromBridge(tr.ctx, 10, tr.address)
	transfer("withdraw3", answer, err)
	sent, err := ex.SendAsset(tr.ctx, friend.address, "", "spot", usdc, 5)
	accepted("sendAsset", sent.Status, sent.Error, err)

	if got := tr.withdrawable(); got != 1_000_000-100-(10+1)-10-5 { // The first transfer to an account activates it, for 1.
		t.Errorf("%v is left", got)
	}
	if got := friend.withdrawable(); got != 10 {
		t.Errorf("the friend has %v", got)
	}
	balances := must(ex.Info().SpotUserState(tr.ctx, friend.address))(t).Balances
	if len(balances) != 1 || balances[0].Total != "15.0" {
		t.Errorf("the friend's balances are %+v", balances)
	}

	ledger := must(ex.Info().UserNonFundingLedgerUpdates(tr.ctx, tr.address, 0, nil))(t)
	var kinds []string
	for _, row := range ledger {
		kinds = append(kinds, row.Delta.Type)
	}
	for _, kind := range []string{"accountClassTransfer", "internalTransfer", "spotTransfer", "withdraw", "send"} {
		if !slices.Contains(kinds, kind) {
			t.Errorf("the ledger has %v", kinds)
		}
	}
}

func (tr *trader) withdrawable() float64 {
	tr.t.Helper()
	state := must(tr.exchange.Info().UserState(tr.ctx, tr.address))(tr.t)
	value, err := strconv.ParseFloat(state.Withdrawable, 64)
	if err != nil {
		tr.t.Fatal(err)
	}
	return value
}

func TestAgents(t *testing.T) {
	tr := onReal(t)
	tr.listen()
	name := "desk"
	approved, key, err := tr.exchange.ApproveAgent(tr.ctx, &name)
	if err != nil || approved.Status != "ok" {
		t.Fatalf("%+v %v", approved, err)
	}
	if agents := must(tr.exchange.Info().ExtraAgents(tr.ctx, tr.address))(t); len(agents) != 1 || agents[0].Name != name {
		t.Fatalf("the agents are %+v", agents)
	}
	desk := hyperliquid.NewExchange(tr.ctx, keyOf(t, key), tr.ts.URL(), nil, "", tr.address, nil, nil)
	tr.resting(desk.Order(tr.ctx, tr.request(cloid(1), 1500, 1), nil))
	tr.expect(cloid(1), "open 1500.0 x 1.0")
}

func TestEveryQuestion(t *testing.T) {
	tr := onReal(t)
	tr.place(cloid(1), 1500, 1)
	i, c, user := tr.exchange.Info(), tr.ctx, tr.address
	hourAgo, now := time.Now().Add(-time.Hour).UnixMilli(), time.Now().UnixMilli()
	questions := map[string]func() (any, error){
		"meta":                        func() (any, error) { return i.Meta(c) },
		"spotMeta":                    func() (any, error) { return i.SpotMeta(c) },
		"allPerpMetas":                func() (any, error) { return i.AllPerpMetas(c) },
		"metaAndAssetCtxs":            func() (any, error) { return i.MetaAndAssetCtxs(c, hyperliquid.MetaAndAssetCtxsParams{}) },
		"spotMetaAndAssetCtxs":        func() (any, error) { return i.SpotMetaAndAssetCtxs(c) },
		"allMids":                     func() (any, error) { return i.AllMids(c) },
		"clearinghouseState":          func() (any, error) { return i.UserState(c, user) },
		"spotClearinghouseState":      func() (any, error) { return i.SpotUserState(c, user) },
		"openOrders":                  func() (any, error) { return i.OpenOrders(c, user) },
		"frontendOpenOrders":          func() (any, error) { return i.FrontendOpenOrders(c, user) },
		"userFillsByTime":             func() (any, error) { return i.UserFillsByTime(c, user, 0, nil, nil) },
		"historicalOrders":            func() (any, error) { return i.HistoricalOrders(c, user) },
		"fundingHistory":              func() (any, error) { return i.FundingHistory(c, "BTC", hourAgo, nil) },
		"userFunding":                 func() (any, error) { return i.UserFundingHistory(c, user, hourAgo, nil) },
		"userNonFundingLedgerUpdates": func() (any, error) { return i.UserNonFundingLedgerUpdates(c, user, hourAgo, nil) },
		"l2Book":                      func() (any, error) { return i.L2Snapshot(c, "BTC") },
		"candleSnapshot":              func() (any, error) { return i.CandlesSnapshot(c, "BTC", "1m", hourAgo, now) },
		"userFees":                    func() (any, error) { return i.UserFees(c, user) },
		"activeAssetData":             func() (any, error) { return i.UserActiveAssetData(c, user, "BTC") },
		"delegatorSummary":            func() (any, error) { return i.UserStakingSummary(c, user) },
		"delegations":                 func() (any, error) { return i.UserStakingDelegations(c, user) },
		"delegatorRewards":            func() (any, error) { return i.UserStakingRewards(c, user) },
		"orderStatus":                 func() (any, error) { return i.QueryOrderByCloid(c, user, cloid(1)) },
		"referral":                    func() (any, error) { return i.QueryReferralState(c, user) },
		"subAccounts":                 func() (any, error) { return i.QuerySubAccounts(c, user) },
		"userToMultiSigSigners":       func() (any, error) { return i.QueryUserToMultiSigSigners(c, user) },
		"perpDexs":                    func() (any, error) { return i.PerpDexs(c) },
		"tokenDetails":                func() (any, error) { return i.TokenDetails(c, "0x6d1e7cde53ba9467b783cb7c530ce054") },
		"perpDexLimits":               func() (any, error) { return i.PerpDexLimits(c, "xyz") },
		"perpDexStatus":               func() (any, error) { return i.PerpDexStatus(c, "xyz") },
		"perpDeployAuctionStatus":     func() (any, error) { return i.PerpDeployAuctionStatus(c) },
		"portfolio":                   func() (any, error) { return i.Portfolio(c, user) },
		"userAbstraction":             func() (any, error) { return i.QueryUserAbstractionState(c, user) },
		"userVaultEquities":           func() (any, error) { return i.QueryUserVaultEquities(c, user) },
		"outcomeMeta":                 func() (any, error) { return i.OutcomeMeta(c) },
		"allBorrowLendReserveStates":  func() (any, error) { return i.AllBorrowLendReserveStates(c) },
		"borrowLendUserState":         func() (any, error) { return i.BorrowLendUserState(c, user) },
		"approvedBuilders":            func() (any, error) { return i.ApprovedBuilders(c, user) },
		"extraAgents":                 func() (any, error) { return i.ExtraAgents(c, user) },
		"userDexAbstraction":          func() (any, error) { return i.QueryUserDexAbstractionState(c, user) },
	}
	for name, ask := range questions {
		t.Run(name, func(t *testing.T) { must(ask())(t) })
	}
}

func TestOtherActions(t *testing.T) {
	tr := onReal(t)
	ex, c := tr.exchange, tr.ctx
	other, scheduled := "0x"+strings.Repeat("b", 40), time.Now().Add(time.Hour).UnixMilli()
	for _, action := range []struct {
		name   string
		wanted string
		do     func() (any, error)
	}{
		{"reserveRequestWeight", "ok", func() (any, error) { return ex.Reserve(c, 10) }},
		{"approveBuilderFee", "ok", func() (any, error) { return ex.ApproveBuilderFee(c, other, "0.01%") }},
		{"userDexAbstraction", "ok", func() (any, error) { return ex.UserDexAbstraction(c, tr.address, true) }},
		{"userSetAbstraction", "ok", func() (any, error) { return ex.UserSetAbstraction(c, tr.address, "unifiedAccount") }},
		{"scheduleCancel", "ok", func() (any, error) { return ex.ScheduleCancel(c, &scheduled) }},
		{"createSubAccount", "ok", func() (any, error) { return ex.CreateSubAccount(c, "second") }},
		{"evmUserModify", "ok", func() (any, error) { return ex.UseBigBlocks(c, true) }},
		{"setReferrer", "err", func() (any, error) { return ex.SetReferrer(c, "NOBODY") }},
		{"vaultTransfer", "err", func() (any, error) { return ex.VaultUsdTransfer(c, other, true, 1_000_000) }},
		{"perpDeploy", "err", func() (any, error) { return ex.PerpDeployHaltTrading(c, "xyz:XYZ100", true) }},
	} {
		t.Run(action.name, func(t *testing.T) {
			answer := string(must(json.Marshal(must(action.do())(t)))(t))
			if !strings.Contains(answer, fmt.Sprintf(`"status":%q`, action.wanted)) {
				t.Errorf("wanted the status %s: %s", action.wanted, answer)
			}
		})
	}
}

// What the client signs or names in a way of its own, the exchange does not understand.
func TestActionsThatTheExchangeDoesNotKnow(t *testing.T) {
	tr := onReal(t)
	ex, c := tr.exchange, tr.ctx
	for name, do := range map[string]func() (any, error){
		"tokenDelegate":        func() (any, error) { return ex.TokenDelegate(c, tr.address, 1, false) },
		"cValidatorUnregister": func() (any, error) { return ex.CValidatorUnregister(c) },
		"cSignerJailSelf":      func() (any, error) { return ex.CSignerJailSelf(c) },
		"spotDeploy":           func() (any, error) { return ex.SpotDeployRegisterSpot(c, "PURR", "USDC") },
	} {
		t.Run(name, func(t *testing.T) {
			if answer, err := do(); err == nil || !strings.Contains(err.Error(), "Failed to deserialize the JSON body") {
				t.Errorf("%+v %v", answer, err)
			}
		})
	}
}

// subscribed subscribes and sends what arrives to a channel.
func subscribed[P, M any](
	t *testing.T,
	subscribe func(P, func(M, error)) (*hyperliquid.Subscription, error),
	params P,
	to chan M,
) {
	t.Helper()
	if _, err := subscribe(params, into(t, to)); err != nil {
		t.Fatal(err)
	}
}

// into keeps the first messages; the rest of a feed is not wanted.
func into[M any](t *testing.T, to chan M) func(M, error) {
	return func(message M, err error) {
		if err != nil {
			t.Errorf("%T: %v", message, err)
			return
		}
		select {
		case to <- message:
		default:
		}
	}
}

func next[M any](t *testing.T, from <-chan M) M {
	t.Helper()
	select {
	case message := <-from:
		return message
	case <-time.After(patience):
		var none M
		t.Fatalf("the stream brought no %T", none)
		return none
	}
}

func must[V any](value V, err error) func(t *testing.T) V {
	return func(t *testing.T) V {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}
