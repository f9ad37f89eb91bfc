package hlbenchtest

import (
	"encoding/json"
	"net/http"
	"time"
)

// CapturedRequest is an HTTP request that a client has sent, whatever the answer. Signatures are blanked.
type CapturedRequest struct {
	Method    string
	Path      string
	Headers   http.Header
	Body      []byte
	Timestamp time.Time
}

// ExchangeRequest is a captured POST /exchange, decoded.
type ExchangeRequest struct {
	Action       map[string]any `json:"action"`
	Nonce        int64          `json:"nonce"`
	VaultAddress *string        `json:"vaultAddress"`
	ExpiresAfter *int64         `json:"expiresAfter"`
}

// InfoRequest is a captured POST /info, decoded. Body has the fields that only some types take.
type InfoRequest struct {
	Type string          `json:"type"`
	User string          `json:"user"`
	Coin string          `json:"coin"`
	Dex  string          `json:"dex"`
	Oid  any             `json:"oid"`
	Body json.RawMessage `json:"-"`
}

// GetRequests is what clients have sent over HTTP, oldest first: the newest 10,000. A shared server has everybody's.
func (ts *TestServer) GetRequests() []CapturedRequest {
	ts.tb.Helper()
	var captured []struct {
		Method  string      `json:"method"`
		Path    string      `json:"path"`
		Headers [][2]string `json:"headers"`
		Body    string      `json:"body"`
		TimeMs  int64       `json:"time_ms"`
	}
	ts.ask("requests", nil, &captured)
	requests := make([]CapturedRequest, len(captured))
	for i, each := range captured {
		headers := http.Header{}
		for _, header := range each.Headers {
			headers.Add(header[0], header[1])
		}
		requests[i] = CapturedRequest{each.Method, each.Path, headers, []byte(each.Body), time.UnixMilli(each.TimeMs)}
	}
	return requests
}

// GetExchangeRequests is each POST /exchange that holds JSON, oldest first.
func (ts *TestServer) GetExchangeRequests() []ExchangeRequest {
	ts.tb.Helper()
	return decoded(ts.GetRequests(), "/exchange", func(*ExchangeRequest, []byte) {})
}

// GetInfoRequests is each POST /info that holds JSON, oldest first.
func (ts *TestServer) GetInfoRequests() []InfoRequest {
	ts.tb.Helper()
	return decoded(ts.GetRequests(), "/info", func(request *InfoRequest, body []byte) { request.Body = body })
}

func decoded[T any](requests []CapturedRequest, path string, complete func(*T, []byte)) []T {
	var found []T
	for _, request := range requests {
		var each T
		if request.Path == path && json.Unmarshal(request.Body, &each) == nil {
			complete(&each, request.Body)
			found = append(found, each)
		}
	}
	return found
}

// RequestCount is the number of captured requests.
func (ts *TestServer) RequestCount() int {
	ts.tb.Helper()
	return len(ts.GetRequests())
}

// ClearRequests forgets the captured requests.
func (ts *TestServer) ClearRequests() {
	ts.tb.Helper()
	ts.do("requests/clear", nil, nil)
}
