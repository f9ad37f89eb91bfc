package hlbenchtest

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// subscribePatience is how long WaitSubscribed waits.
const subscribePatience = 10 * time.Second

// Connection is an open WebSocket connection.
type Connection struct {
	ID string `json:"id"`
	// Subscriptions are keys such as "orderUpdates:0x...", oldest first.
	Subscriptions []string `json:"subscriptions"`
	// Written is the number of frames written so far, Depth the number that wait.
	Written int  `json:"written"`
	Depth   int  `json:"depth"`
	Stalled bool `json:"stalled"`
}

// State is what the exchange holds at one moment.
type State struct {
	// Orders are the open ones and the ended ones of late, by oid; of the watched accounts, where there are any.
	Orders []OrderDetail
	// Connections are the open ones, oldest first.
	Connections []Connection
}

// State is what the exchange holds now.
func (ts *TestServer) State() State {
	ts.tb.Helper()
	var state State
	ts.ask("orders", url.Values{"form": {"wire"}}, &state.Orders)
	ts.ask("connections", nil, &state.Connections)
	if len(ts.accounts) > 0 {
		state.Orders = slices.DeleteFunc(state.Orders, func(order OrderDetail) bool {
			return !slices.Contains(ts.accounts, order.Account)
		})
	}
	return state
}

// Subscribers are the ids of the connections that hold a subscription, in the order in which they subscribed: of a type
// such as "orderUpdates" or "l2Book", to a user, a coin, or a coin and an interval.
func (ts *TestServer) Subscribers(kind string, subject ...string) []string {
	ts.tb.Helper()
	var registry struct {
		Keys map[string][]string `json:"keys"`
	}
	ts.ask("registry", nil, &registry)
	return registry.Keys[subscriptionKey(kind, subject)]
}

// WaitSubscribed waits until a connection holds a subscription, and returns the connection's id. An update that is
// committed before that moment is not sent to it: wait, before the test places its orders, where the client does not
// wait for the acknowledgement itself.
func (ts *TestServer) WaitSubscribed(kind string, subject ...string) string {
	ts.tb.Helper()
	return ts.WaitResubscribed("", kind, subject...)
}

// WaitResubscribed waits until another connection than the given one holds a subscription, and returns its id.
func (ts *TestServer) WaitResubscribed(other, kind string, subject ...string) string {
	ts.tb.Helper()
	deadline := time.Now().Add(subscribePatience)
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		for _, connection := range ts.Subscribers(kind, subject...) {
			if connection != other {
				return connection
			}
		}
		if ts.tb.Failed() {
			ts.tb.FailNow()
		}
		if time.Now().After(deadline) {
			ts.tb.Fatalf("hlbench: nobody has subscribed to %s after %s", subscriptionKey(kind, subject), subscribePatience)
		}
		time.Sleep(pause)
	}
}

func subscriptionKey(kind string, subject []string) string {
	parts := append([]string{kind}, subject...)
	for i, part := range parts {
		if len(part) == 42 && strings.HasPrefix(strings.ToLower(part), "0x") {
			parts[i] = canonicalAddress(part)
		}
	}
	return strings.Join(parts, ":")
}

// Disconnect closes the connections of an account (those that are subscribed to one of its channels), or one connection
// by its id, with a close code such as 1000; it returns how many.
func (ts *TestServer) Disconnect(target string, code int) int {
	ts.tb.Helper()
	return ts.end(target, "close", map[string]any{"code": code})
}

// Abort drops connections without a close frame, as a broken network does.
func (ts *TestServer) Abort(target string) int {
	ts.tb.Helper()
	return ts.end(target, "abort", nil)
}

func (ts *TestServer) end(target, how string, body map[string]any) int {
	ts.tb.Helper()
	var answer struct {
		Closed int `json:"closed"`
	}
	ts.do("connections/"+url.PathEscape(target)+"/"+how, body, &answer)
	return answer.Closed
}

// Stall writes nothing to connections until Resume: they stay open and silent.
func (ts *TestServer) Stall(target string) {
	ts.tb.Helper()
	ts.do("connections/"+url.PathEscape(target)+"/stall", nil, nil)
}

// Resume writes what a stalled connection has waited for.
func (ts *TestServer) Resume(target string) {
	ts.tb.Helper()
	ts.do("connections/"+url.PathEscape(target)+"/resume", nil, nil)
}

// Advance moves the exchange's time forward, and lets happen what is due by then.
func (ts *TestServer) Advance(duration time.Duration) {
	ts.tb.Helper()
	ts.do("clock/advance", map[string]any{"seconds": duration.Seconds()}, nil)
}

// Fund deposits USDC into an account. A new account has 1,000,000 from the start, unless the server is strict.
func (ts *TestServer) Fund(account string, usdc float64) {
	ts.tb.Helper()
	ts.do("fund", map[string]any{"address": account, "usdc": decimal(usdc)}, nil)
}

// Reset forgets all orders and accounts, everybody's on a shared server. Connections stay.
func (ts *TestServer) Reset() {
	ts.tb.Helper()
	ts.do("reset", nil, nil)
}

// do carries out a control call; that it fails is an error of the test.
func (ts *TestServer) do(path string, body map[string]any, answer any) {
	ts.tb.Helper()
	if err := ts.control.post(path, body, answer); err != nil {
		ts.tb.Errorf("hlbench: %s: %v", path, err)
	}
}

func (ts *TestServer) ask(path string, query url.Values, answer any) {
	ts.tb.Helper()
	if err := ts.control.get(path, query, answer); err != nil {
		ts.tb.Errorf("hlbench: %s: %v", path, err)
	}
}
