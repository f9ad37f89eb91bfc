// Package hlbenchtest runs a mock Hyperliquid exchange for a Go test, and says why an update did not arrive.
//
// The exchange is `hlbench serve`, in a process of its own, on a free port. It needs the hlbench executable on PATH, or
// its path in the environment variable HLBENCH. The package itself needs nothing but the standard library.
//
//	func TestMyBot(t *testing.T) {
//		t.Parallel()
//		ts := hlbenchtest.NewTestServer(t)
//		... point any client at ts.URL() and ts.WebSocketURL() ...
//		if err := ts.FillOrder(cloid, 3025.5, hlbenchtest.WithFillSize(0.4)); err != nil {
//			t.Fatal(err)
//		}
//	}
//
// When the test fails, its log holds the verdict of each order update that was not delivered: nobody was subscribed, the
// order came before the subscription, the connection was gone. Where every update was written, it says so, and the
// client is the place to look.
//
// A server starts in a quarter of a second. Where that is too much, one server serves a whole package: see StartShared.
package hlbenchtest
