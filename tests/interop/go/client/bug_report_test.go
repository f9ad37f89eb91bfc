// Package client runs go-hyperliquid, unmodified, against hlbench.
package client

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	hyperliquid "github.com/sonirico/go-hyperliquid"

	"hlbenchtest"
)

// The tests of this file have the shape of those that lost updates with the old Go mock, and run under its profile.

func TestCreateModifyAndCancel(t *testing.T) {
	onBoth(t, func(t *testing.T, ts *hlbenchtest.TestServer) {
		tr := newTrader(t, ts)
		tr.listen()

		oid := tr.place(cloid(1), 3000, 1.5)
		tr.expect(cloid(1), "open 3000 x 1.5")
		if modified := tr.modify(cloid(1), 3010.5, 2); modified != oid {
			t.Fatalf("the oid is kept on modify: was %d, is %d", oid, modified)
		}
		tr.expect(cloid(1), "open 3000 x 1.5", "open 3010.5 x 2")
		tr.holds(cloid(1), "open", "3010.5", "2")
		tr.cancel(cloid(1))
		tr.expect(cloid(1), "open 3000 x 1.5", "open 3010.5 x 2", "canceled 3010.5 x 2")

		asked, err := tr.exchange.Info().QueryOrderByCloid(tr.ctx, tr.address, cloid(1))
		if err != nil {
			t.Fatal(err)
		}
		if asked.Order.Status != hyperliquid.OrderStatusValueCanceled || asked.Order.Order.Oid != oid {
			t.Fatalf("orderStatus answers %+v", asked)
		}
		if _, err := tr.exchange.CancelByCloid(tr.ctx, "ETH", cloid(1)); err == nil {
			t.Fatal("a canceled order was canceled again")
		}
	})
}

func TestPlacingAgainUnderAKnownCloidModifies(t *testing.T) {
	onBoth(t, func(t *testing.T, ts *hlbenchtest.TestServer) {
		tr := newTrader(t, ts)
		tr.listen()
		oid := tr.place(cloid(1), 3000, 1)
		if again := tr.place(cloid(1), 3001, 1); again != oid {
			t.Fatalf("wanted order %d again, got %d", oid, again)
		}
		tr.expect(cloid(1), "open 3000 x 1", "open 3001 x 1")
	})
}

func TestPartialAndFullFill(t *testing.T) {
	onBoth(t, func(t *testing.T, ts *hlbenchtest.TestServer) {
		tr := newTrader(t, ts)
		tr.listen()

		tr.place(cloid(1), 3000, 1)
		tr.fill(cloid(1), 2999.25, hlbenchtest.WithFillSize(0.4))
		tr.holds(cloid(1), "open", "3000", "0.6")
		tr.expect(cloid(1), "open 3000 x 1", "open 3000 x 0.6")
		tr.fill(cloid(1), 3025.5, hlbenchtest.WithFillSize(7)) // clamped to what remains
		order := tr.holds(cloid(1), "filled", "3025.5", "0")
		tr.expect(cloid(1), "open 3000 x 1", "open 3000 x 0.6", "filled 3025.5 x 0")

		if byOid, found := ts.GetOrderByOid(order.Order.Oid); !found || byOid.Order.OrigSz != "1" {
			t.Fatalf("by oid: %+v", byOid)
		}
		if err := ts.FillOrder(cloid(1), 3025.5); err == nil {
			t.Fatal("a filled order was filled again")
		}
	})
}

func TestQuotesAreSetAndSentAgain(t *testing.T) {
	t.Parallel()
	ts := hlbenchtest.NewTestServer(t) // Prices are everybody's: not for a shared server.
	tr := newTrader(t, ts)
	client, _ := tr.listen()
	books := make(chan hyperliquid.L2Book, 10)
	subscribed(t, client.L2Book, hyperliquid.L2BookSubscriptionParams{Coin: "BTC"}, books)
	ts.WaitSubscribed("l2Book", "BTC")
	quoted := func(bid, bidSz, ask, askSz float64) {
		t.Helper()
		for {
			book := next(t, books).Levels
			if b, a := book[0][0], book[1][0]; b.Px == bid && b.Sz == bidSz && a.Px == ask && a.Sz == askSz {
				return
			}
		}
	}
	quoted(86956.5, 10.5, 87043.5, 8.3)
	ts.SetBBO("BTC", 87000, 5, 87100, 4.5)
	quoted(87000, 5, 87100, 4.5)
	ts.TriggerBBOUpdate("BTC")
	quoted(87000, 5, 87100, 4.5)
}

func TestAnIocThatMatchesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, ts *hlbenchtest.TestServer) {
		tr := newTrader(t, ts)
		ioc := tr.request(cloid(1), 87000, 1)
		ioc.Coin, ioc.OrderType.Limit.Tif = "BTC", hyperliquid.TifIoc
		_, err := tr.exchange.Order(tr.ctx, ioc, nil)
		if err == nil || err.Error() != "Order could not immediately match against any resting orders. asset=0" {
			t.Fatalf("refused: %v", err)
		}
		ioc.Price = 87001
		tr.resting(tr.exchange.Order(tr.ctx, ioc, nil))
	})
}

func TestTheServersLogGoesToALogger(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	ts := hlbenchtest.NewTestServer(t, hlbenchtest.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	tr := newTrader(t, ts)
	tr.place(cloid(1), 3000, 1)
	ts.Close() // And so the log is whole.
	if !strings.Contains(log.String(), `msg="order stored" cloid=`+cloid(1)) {
		t.Fatal(log.String())
	}
}

func TestRequestsAreCaptured(t *testing.T) {
	t.Parallel()
	ts := hlbenchtest.NewTestServer(t)
	tr := newTrader(t, ts)
	if asked := ts.GetInfoRequests(); len(asked) != 2 || asked[0].Type != "meta" || asked[1].Type != "spotMeta" {
		t.Fatalf("the client has asked %+v", asked)
	}
	ts.ClearRequests()
	tr.place(cloid(1), 3000, 1)
	tr.cancel(cloid(1))
	sent := ts.GetExchangeRequests()
	if ts.RequestCount() != 2 || sent[0].Action["type"] != "order" || sent[1].Action["type"] != "cancelByCloid" {
		t.Fatalf("the client has sent %+v", sent)
	}
	raw := ts.GetRequests()[0]
	if raw.Method != "POST" || raw.Path != "/exchange" || raw.Headers.Get("Content-Type") != "application/json" {
		t.Fatalf("the request is %+v", raw)
	}
	if sent[0].Nonce == 0 || time.Since(raw.Timestamp) > time.Minute {
		t.Fatalf("nonce %d at %s", sent[0].Nonce, raw.Timestamp)
	}
}

func TestWhyAnUpdateDidNotArrive(t *testing.T) {
	onBoth(t, func(t *testing.T, ts *hlbenchtest.TestServer) {
		tr := newTrader(t, ts)
		tr.place(cloid(1), 3000, 1)
		tr.listen()
		tr.fill(cloid(1), 3000)
		tr.expect(cloid(1), "filled 3000 x 0")
		var codes []string
		for _, delivery := range tr.ts.Why(cloid(1)) {
			if delivery.Expected {
				codes = append(codes, delivery.Status+" "+delivery.Verdict.Code)
			}
		}
		if fmt.Sprint(codes) != "[open before_subscription filled delivered]" {
			t.Fatalf("the verdicts are %q", codes)
		}
		if verdict := tr.ts.Why(cloid(7))[0].Verdict; verdict.Code != "unknown_order" || verdict.Sentence == "" {
			t.Fatalf("the verdict on an unknown order is %+v", verdict)
		}
	})
}

func TestSeveralOrders(t *testing.T) {
	onBoth(t, func(t *testing.T, ts *hlbenchtest.TestServer) {
		tr := newTrader(t, ts)
		tr.listen()
		var trading sync.WaitGroup
		for i := range 9 {
			trading.Go(func() { tr.trade(i) })
		}
		trading.Wait()
		for i := range 9 {
			tr.expect(cloid(i), traded(i)...)
		}
		if orders := ts.State().Orders; len(orders) != 9 {
			t.Fatalf("the exchange holds %d orders", len(orders))
		}
	})
}

// trade places an order, and cancels, fills or modifies it.
func (tr *trader) trade(i int) {
	tr.t.Helper()
	status, err := tr.exchange.Order(tr.ctx, tr.request(cloid(i), float64(3000+i), 1), nil)
	if err == nil && status.Resting == nil {
		err = fmt.Errorf("order %d: %s", i, status.String())
	}
	if err == nil {
		switch i % 3 {
		case 0:
			_, err = tr.exchange.CancelByCloid(tr.ctx, "ETH", cloid(i))
		case 1:
			err = tr.ts.FillOrder(cloid(i), float64(3000+i))
		case 2:
			_, err = tr.exchange.ModifyOrder(tr.ctx, hyperliquid.ModifyOrderRequest{
				Cloid: &hyperliquid.Cloid{Value: cloid(i)}, Order: tr.request(cloid(i), float64(4000+i), 1),
			})
		}
	}
	if err != nil {
		tr.t.Error(err)
	}
}

// traded are the updates that trade brings.
func traded(i int) []string {
	then := fmt.Sprintf("open %d x 1", 4000+i)
	switch i % 3 {
	case 0:
		then = fmt.Sprintf("canceled %d x 1", 3000+i)
	case 1:
		then = fmt.Sprintf("filled %d x 0", 3000+i)
	}
	return []string{fmt.Sprintf("open %d x 1", 3000+i), then}
}

func TestReconnection(t *testing.T) {
	ends := map[string]func(ts *hlbenchtest.TestServer, connection string) int{
		"aborted": func(ts *hlbenchtest.TestServer, connection string) int { return ts.Abort(connection) },
		"closed":  func(ts *hlbenchtest.TestServer, connection string) int { return ts.Disconnect(connection, 1001) },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, ts *hlbenchtest.TestServer) {
				tr := newTrader(t, ts)
				client, connection := tr.listen()
				tr.place(cloid(1), 3000, 1)
				tr.expect(cloid(1), "open 3000 x 1")

				if ended := end(ts, connection); ended != 1 {
					t.Fatalf("%d connections have ended", ended)
				}
				tr.reconnect(client, connection)
				tr.fill(cloid(1), 3000)
				tr.expect(cloid(1), "open 3000 x 1", "filled 3000 x 0")
				tr.place(cloid(2), 3000, 1)
				tr.expect(cloid(2), "open 3000 x 1")
			})
		})
	}
}

// reconnect calls Connect, which does nothing before the client has noticed the end, until there is a new connection; the
// client resubscribes what it was subscribed to.
func (tr *trader) reconnect(client *hyperliquid.WebsocketClient, old string) string {
	tr.t.Helper()
	for began := time.Now(); time.Since(began) < patience; time.Sleep(5 * time.Millisecond) {
		if err := client.Connect(tr.ctx); err != nil {
			tr.t.Fatal(err)
		}
		if held := tr.ts.Subscribers("orderUpdates", tr.address); len(held) > 0 && held[len(held)-1] != old {
			return held[len(held)-1]
		}
	}
	tr.t.Fatal("the client did not come back")
	return ""
}

func TestASilentConnectionIsReplacedByTheClientItself(t *testing.T) {
	t.Parallel()
	ts := shared.For(t)
	tr := newTrader(t, ts)
	client, stalled := tr.listen(hyperliquid.WsOptReadTimeout(3 * time.Second))
	subscribeMids(t, client) // Frames twice a second: only a stalled connection is silent for three.
	ts.Stall(stalled)
	tr.place(cloid(1), 3000, 1) // Lost with the connection, as on the real exchange.
	ts.WaitResubscribed(stalled, "orderUpdates", tr.address)
	tr.place(cloid(2), 3000, 1)
	tr.expect(cloid(2), "open 3000 x 1")
	tr.expect(cloid(1))
}

func subscribeMids(t *testing.T, client *hyperliquid.WebsocketClient) {
	t.Helper()
	take := func(_ hyperliquid.AllMids, err error) {
		if err != nil {
			t.Errorf("all mids: %v", err)
		}
	}
	if _, err := client.AllMids(hyperliquid.AllMidsSubscriptionParams{}, take); err != nil {
		t.Fatal(err)
	}
}

func TestSeveralWallets(t *testing.T) {
	onBoth(t, func(t *testing.T, ts *hlbenchtest.TestServer) {
		traders := []*trader{newTrader(t, ts), newTrader(t, ts), newTrader(t, ts)}
		var connecting, trading sync.WaitGroup
		for _, tr := range traders {
			connecting.Go(func() { tr.listen() })
		}
		connecting.Wait()
		for n, tr := range traders {
			for i := range 3 { // The same cloids for everybody: they belong to the account.
				trading.Go(func() { tr.trade(3*n + i) })
			}
			trading.Go(func() { tr.trade(100) })
		}
		trading.Wait()
		for n, tr := range traders {
			for i := range 3 {
				tr.expect(cloid(3*n+i), traded(3*n+i)...)
			}
			tr.expect(cloid(100), traded(100)...)
			if len(tr.updates) != 8 {
				t.Fatalf("trader %d got %d updates, and 8 are its own", n, len(tr.updates))
			}
		}
	})
}

func TestTwoConnectionsOfOneWallet(t *testing.T) {
	onBoth(t, func(t *testing.T, ts *hlbenchtest.TestServer) {
		tr := newTrader(t, ts)
		first, connection := tr.listen()
		tr.listen()
		tr.place(cloid(1), 3000, 1)
		tr.expect(cloid(1), "open 3000 x 1", "open 3000 x 1") // On each of the two.
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		waitGone(t, ts, connection)
		tr.fill(cloid(1), 3000)
		tr.expect(cloid(1), "open 3000 x 1", "open 3000 x 1", "filled 3000 x 0")
	})
}

// The founding bug report: with several wallets connected, and after reconnects, updates were lost now and then.
func TestAReconnectCostsNobodyAnUpdate(t *testing.T) {
	onBoth(t, func(t *testing.T, ts *hlbenchtest.TestServer) {
		alice, bob, carol := newTrader(t, ts), newTrader(t, ts), newTrader(t, ts)
		old, first := alice.listen()
		bob.listen()
		carol.listen()

		// The new connection of the same wallet is there before the end of the old one is noticed.
		alice.listen()
		if err := old.Close(); err != nil {
			t.Fatal(err)
		}
		waitGone(t, ts, first)

		traders := []*trader{alice, bob, carol}
		var trading sync.WaitGroup
		for n, tr := range traders {
			trading.Go(func() { tr.trade(n) })
		}
		trading.Wait()
		for n, tr := range traders {
			tr.expect(cloid(n), traded(n)...)
		}
	})
}

func waitGone(t *testing.T, ts *hlbenchtest.TestServer, connection string) {
	t.Helper()
	for began := time.Now(); time.Since(began) < patience; time.Sleep(5 * time.Millisecond) {
		open := false
		for _, each := range ts.State().Connections {
			open = open || each.ID == connection
		}
		if !open {
			return
		}
	}
	t.Fatalf("%s is still open", connection)
}
