package client

import (
	"context"
	"crypto/ecdsa"
	"fmt"
	"log"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/crypto"
	hyperliquid "github.com/sonirico/go-hyperliquid"

	"hlbenchtest"
)

// patience is how long an update may take on a busy machine; nothing waits longer than it has to. A run against a faulty
// server sets HLBENCH_GO_PATIENCE, to fail sooner. HLBENCH_GO_RECORDING is a file that keeps what real was asked.
var patience = 20 * time.Second

// shared imitates the old Go mock, real the real exchange.
var shared, real *hlbenchtest.SharedServer

func TestMain(m *testing.M) {
	var err error
	if given := os.Getenv("HLBENCH_GO_PATIENCE"); given != "" {
		if patience, err = time.ParseDuration(given); err != nil {
			log.Fatal(err)
		}
	}
	if shared, err = hlbenchtest.StartShared(); err != nil {
		log.Fatal(err)
	}
	recording := hlbenchtest.WithRecording(os.Getenv("HLBENCH_GO_RECORDING"))
	if real, err = hlbenchtest.StartShared(hlbenchtest.WithProfile(hlbenchtest.Hyperliquid), recording); err != nil {
		log.Fatal(err)
	}
	code := m.Run()
	shared.Close()
	real.Close()
	os.Exit(code)
}

// onBoth runs a test on a server of its own and on the shared one.
func onBoth(t *testing.T, test func(t *testing.T, ts *hlbenchtest.TestServer)) {
	t.Parallel()
	t.Run("own server", func(t *testing.T) {
		t.Parallel()
		test(t, hlbenchtest.NewTestServer(t))
	})
	t.Run("shared server", func(t *testing.T) {
		t.Parallel()
		test(t, shared.For(t))
	})
}

// trader is a bot with a wallet of its own: a REST client, and what its order updates have brought.
type trader struct {
	t        *testing.T
	ctx      context.Context
	ts       *hlbenchtest.TestServer
	key      *ecdsa.PrivateKey
	address  string
	exchange *hyperliquid.Exchange

	mu      sync.Mutex
	arrived *sync.Cond
	updates []hyperliquid.WsOrder
}

func newTrader(t *testing.T, ts *hlbenchtest.TestServer) *trader {
	t.Helper()
	key, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	// The client compares addresses as text, and the exchange writes them in lower case.
	address := strings.ToLower(crypto.PubkeyToAddress(key.PublicKey).Hex())
	ts.Watch(address)
	exchange := hyperliquid.NewExchange(ctx, key, ts.URL(), nil, "", address, nil, nil)
	tr := &trader{t: t, ctx: ctx, ts: ts.Account(address), key: key, address: address, exchange: exchange}
	tr.arrived = sync.NewCond(&tr.mu)
	return tr
}

// listen connects a WebSocket client and returns it with its connection's id once it gets order updates.
func (tr *trader) listen(opts ...hyperliquid.WsOpt) (*hyperliquid.WebsocketClient, string) {
	tr.t.Helper()
	before := ""
	if held := tr.ts.Subscribers("orderUpdates", tr.address); len(held) > 0 {
		before = held[len(held)-1]
	}
	client := hyperliquid.NewWebsocketClient(tr.ts.WebSocketURL(), opts...)
	if err := client.Connect(tr.ctx); err != nil {
		tr.t.Fatal(err)
	}
	tr.t.Cleanup(func() { _ = client.Close() })
	params := hyperliquid.OrderUpdatesSubscriptionParams{User: tr.address}
	if _, err := client.OrderUpdates(params, tr.take); err != nil {
		tr.t.Fatal(err)
	}
	return client, tr.ts.WaitResubscribed(before, "orderUpdates", tr.address)
}

func (tr *trader) take(orders []hyperliquid.WsOrder, err error) {
	if err != nil {
		tr.t.Errorf("order updates: %v", err)
	}
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.updates = append(tr.updates, orders...)
	tr.arrived.Broadcast()
}

// of is what has arrived about one order, such as "open 50000 x 1".
func (tr *trader) of(cloid string) []string {
	var found []string
	for _, update := range tr.updates {
		if update.Order.Cloid != nil && *update.Order.Cloid == cloid {
			found = append(found, fmt.Sprintf("%s %s x %s", update.Status, update.Order.LimitPx, update.Order.Sz))
		}
	}
	return found
}

// expect waits for the updates of an order: these, in this sequence, and no others.
func (tr *trader) expect(cloid string, updates ...string) {
	tr.t.Helper()
	tr.mu.Lock()
	defer tr.mu.Unlock()
	late := time.AfterFunc(patience, tr.arrived.Broadcast)
	defer late.Stop()
	for began := time.Now(); len(tr.of(cloid)) < len(updates) && time.Since(began) < patience; {
		tr.arrived.Wait()
	}
	if found := tr.of(cloid); strings.Join(found, ", ") != strings.Join(updates, ", ") {
		tr.t.Fatalf("order %s: wanted the updates %q, got %q", cloid, updates, found)
	}
}

func (tr *trader) request(cloid string, px, sz float64) hyperliquid.CreateOrderRequest {
	return hyperliquid.CreateOrderRequest{
		Coin: "ETH", IsBuy: true, Price: px, Size: sz, ClientOrderID: &cloid,
		OrderType: hyperliquid.OrderType{Limit: &hyperliquid.LimitOrderType{Tif: hyperliquid.TifGtc}},
	}
}

// place rests an order and returns its oid.
func (tr *trader) place(cloid string, px, sz float64) int64 {
	tr.t.Helper()
	status, err := tr.exchange.Order(tr.ctx, tr.request(cloid, px, sz), nil)
	return tr.resting(status, err)
}

func (tr *trader) resting(status hyperliquid.OrderStatus, err error) int64 {
	tr.t.Helper()
	if err != nil {
		tr.t.Fatal(err)
	}
	if status.Resting == nil {
		tr.t.Fatalf("the order does not rest: %s", status.String())
	}
	return status.Resting.Oid
}

func (tr *trader) modify(cloid string, px, sz float64) int64 {
	tr.t.Helper()
	status, err := tr.exchange.ModifyOrder(tr.ctx, hyperliquid.ModifyOrderRequest{
		Cloid: &hyperliquid.Cloid{Value: cloid}, Order: tr.request(cloid, px, sz),
	})
	return tr.resting(status, err)
}

func (tr *trader) cancel(cloid string) {
	tr.t.Helper()
	if _, err := tr.exchange.CancelByCloid(tr.ctx, "ETH", cloid); err != nil {
		tr.t.Fatal(err)
	}
}

func (tr *trader) fill(cloid string, px float64, opts ...hlbenchtest.FillOption) {
	tr.t.Helper()
	if err := tr.ts.FillOrder(cloid, px, opts...); err != nil {
		tr.t.Fatal(err)
	}
}

// holds checks the order as the exchange has it.
func (tr *trader) holds(cloid, status, px, sz string) *hlbenchtest.OrderDetail {
	tr.t.Helper()
	order, found := tr.ts.GetOrder(cloid)
	if !found {
		tr.t.Fatalf("the exchange has no order %s", cloid)
	}
	if order.Status != status || order.Order.LimitPx != px || order.Order.Sz != sz {
		tr.t.Fatalf("the exchange holds %s %s x %s", order.Status, order.Order.LimitPx, order.Order.Sz)
	}
	return order
}

func keyOf(t *testing.T, hex string) *ecdsa.PrivateKey {
	t.Helper()
	return must(crypto.HexToECDSA(strings.TrimPrefix(hex, "0x")))(t)
}

func cloid(number int) string { return fmt.Sprintf("0x%032x", number) }
