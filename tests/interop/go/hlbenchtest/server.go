package hlbenchtest

import (
	"testing"
)

// TestServer is a mock exchange as one test sees it.
type TestServer struct {
	tb       testing.TB
	process  *process
	control  *control
	accounts []string
	owned    bool
}

// NewTestServer starts a mock exchange for this test alone, on a free port, and stops it at the test's end. A test that
// fails gets the verdicts of the undelivered updates in its log.
func NewTestServer(tb testing.TB, opts ...Option) *TestServer {
	tb.Helper()
	p, err := startProcess(newConfig(opts))
	if err != nil {
		tb.Fatal(err)
	}
	ts := &TestServer{tb: tb, process: p, control: newControl(p.ready), owned: true}
	tb.Cleanup(func() {
		ts.explainFailure()
		ts.Close()
	})
	return ts
}

// SharedServer is one mock exchange for many tests. Accounts keep their tests apart: give each test fresh wallets.
//
//	var exchange *hlbenchtest.SharedServer
//
//	func TestMain(m *testing.M) {
//		var err error
//		if exchange, err = hlbenchtest.StartShared(); err != nil {
//			log.Fatal(err)
//		}
//		code := m.Run()
//		exchange.Close()
//		os.Exit(code)
//	}
//
//	func TestMyBot(t *testing.T) {
//		t.Parallel()
//		ts := exchange.For(t, wallet.Address)
//		...
//	}
type SharedServer struct {
	process *process
	control *control
}

// StartShared starts a mock exchange that tests share. Close it after the last one.
func StartShared(opts ...Option) (*SharedServer, error) {
	p, err := startProcess(newConfig(opts))
	if err != nil {
		return nil, err
	}
	return &SharedServer{process: p, control: newControl(p.ready)}, nil
}

// For is the shared exchange as one test sees it. The addresses are the test's wallets: orders are looked up among
// theirs, and only what concerns them is shown when the test fails. Prices and captured requests are everybody's.
func (s *SharedServer) For(tb testing.TB, accounts ...string) *TestServer {
	tb.Helper()
	ts := &TestServer{tb: tb, process: s.process, control: s.control}
	ts.Watch(accounts...)
	tb.Cleanup(ts.explainFailure)
	return ts
}

// Close stops the exchange.
func (s *SharedServer) Close() {
	s.process.close()
	s.control.http.CloseIdleConnections()
}

// Watch adds wallets of this test, in any case of letters. A test with a server of its own need not call it.
func (ts *TestServer) Watch(accounts ...string) {
	for _, account := range accounts {
		ts.accounts = append(ts.accounts, canonicalAddress(account))
	}
}

// Account is the same exchange with one wallet's orders alone: a cloid belongs to an account, and several may use it.
func (ts *TestServer) Account(address string) *TestServer {
	view := *ts
	view.accounts = []string{canonicalAddress(address)}
	return &view
}

// URL is where POST /exchange and POST /info go, such as "http://127.0.0.1:12345".
func (ts *TestServer) URL() string { return ts.process.ready.URL }

// WebSocketURL is where WebSocket clients connect, such as "ws://127.0.0.1:12345/ws".
func (ts *TestServer) WebSocketURL() string { return ts.process.ready.WsURL }

// ControlURL is where tools attach: `hlbench tui --attach URL`, while the test waits in a debugger.
func (ts *TestServer) ControlURL() string { return ts.process.ready.ControlURL }

// Close stops the exchange before the test's end. A shared one goes on.
func (ts *TestServer) Close() {
	if ts.owned {
		ts.process.close()
		ts.control.http.CloseIdleConnections()
	}
}
