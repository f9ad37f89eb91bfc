package hlbenchtest

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// OrderDetail is an order as it stands, in the exchange's words.
type OrderDetail struct {
	Order           BasicOrder `json:"order"`
	Status          string     `json:"status"`
	StatusTimestamp int64      `json:"statusTimestamp"`
	// Account is the order's owner, in lower case.
	Account string `json:"account"`
}

// BasicOrder is what an order is made of. Sz is what remains. Under RecommaMock the LimitPx of a filled order is the price
// of its fill.
type BasicOrder struct {
	Coin       string  `json:"coin"`
	Side       string  `json:"side"`
	LimitPx    string  `json:"limitPx"`
	Sz         string  `json:"sz"`
	Oid        int64   `json:"oid"`
	Timestamp  int64   `json:"timestamp"`
	OrigSz     string  `json:"origSz"`
	Cloid      *string `json:"cloid"`
	ReduceOnly bool    `json:"reduceOnly"`
	Tif        *string `json:"tif"`
}

// GetOrder finds an order by its cloid, with or without 0x; of a cloid that was used again, the newest.
func (ts *TestServer) GetOrder(cloid string) (*OrderDetail, bool) {
	ts.tb.Helper()
	return ts.found(ts.find(url.Values{"cloid": {canonicalCloid(cloid)}}))
}

// GetOrderByOid finds an order by its oid.
func (ts *TestServer) GetOrderByOid(oid int64) (*OrderDetail, bool) {
	ts.tb.Helper()
	return ts.found(ts.find(url.Values{"oid": {strconv.FormatInt(oid, 10)}}))
}

func (ts *TestServer) found(order *OrderDetail, err error) (*OrderDetail, bool) {
	ts.tb.Helper()
	if err != nil && !isUnknown(err) {
		ts.tb.Errorf("hlbench: %v", err)
	}
	return order, err == nil
}

// find looks among the orders of the watched accounts, or of everybody.
func (ts *TestServer) find(which url.Values) (*OrderDetail, error) {
	which.Set("form", "wire")
	if len(ts.accounts) == 0 {
		order := &OrderDetail{}
		return order, ts.control.get("order", which, order)
	}
	var found *OrderDetail
	var missing error
	for _, account := range ts.accounts {
		which.Set("account", account)
		order := &OrderDetail{}
		err := ts.control.get("order", which, order)
		switch {
		case isUnknown(err):
			missing = err
		case err != nil:
			return nil, err
		case found != nil:
			return nil, fmt.Errorf("%s and %s both have such an order: ask Account(...)", found.Account, account)
		default:
			found = order
		}
	}
	if found == nil {
		return nil, missing
	}
	return found, nil
}

func isUnknown(err error) bool {
	var refused *ControlError
	return errors.As(err, &refused) && refused.Status == http.StatusNotFound
}

// FillOption configures FillOrder.
type FillOption func(body map[string]any)

// WithFillSize fills at most so much; more than what remains fills all of it, and 0 sends the order's state again.
func WithFillSize(sz float64) FillOption {
	return func(body map[string]any) { body["sz"] = decimal(sz) }
}

// FillOrder executes a resting order by hand: all that remains, or WithFillSize.
func (ts *TestServer) FillOrder(cloid string, px float64, opts ...FillOption) error {
	order, err := ts.find(url.Values{"cloid": {canonicalCloid(cloid)}})
	if err != nil {
		return fmt.Errorf("fill: %w", err)
	}
	body := map[string]any{"oid": order.Order.Oid, "px": decimal(px)}
	for _, opt := range opts {
		if opt != nil {
			opt(body)
		}
	}
	if err := ts.control.post("fill", body, nil); err != nil {
		return fmt.Errorf("fill: %w", err)
	}
	return nil
}

// SetBBO sets the best bid and offer of a coin. Resting orders that they reach fill (not under RecommaMock).
func (ts *TestServer) SetBBO(coin string, bidPx, bidSz, askPx, askSz float64) {
	ts.tb.Helper()
	ts.do("bbo", map[string]any{
		"coin": coin, "bid": decimal(bidPx), "bid_sz": decimal(bidSz), "ask": decimal(askPx), "ask_sz": decimal(askSz),
	}, nil)
}

// TriggerBBOUpdate sends the best bid and offer of a coin again, as it stands.
func (ts *TestServer) TriggerBBOUpdate(coin string) {
	ts.tb.Helper()
	ts.do("bbo/resend", map[string]any{"coin": coin}, nil)
}

func decimal(value float64) string { return strconv.FormatFloat(value, 'f', -1, 64) }

func canonicalAddress(address string) string { return strings.ToLower(strings.TrimSpace(address)) }

func canonicalCloid(cloid string) string {
	cloid = strings.ToLower(strings.TrimSpace(cloid))
	if len(cloid) == 32 && !strings.HasPrefix(cloid, "0x") {
		return "0x" + cloid
	}
	return cloid
}
