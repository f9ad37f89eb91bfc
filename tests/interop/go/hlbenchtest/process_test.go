package hlbenchtest

import (
	"net"
	"strings"
	"testing"
	"time"
)

func TestAServerThatIsClosedIsGone(t *testing.T) {
	t.Parallel()
	ts := NewTestServer(t)
	address := strings.TrimPrefix(ts.URL(), "http://")
	if ts.WebSocketURL() != "ws://"+address+"/ws" || ts.ControlURL() != ts.URL()+"/_hlbench" {
		t.Fatalf("the server is at %s, %s and %s", ts.URL(), ts.WebSocketURL(), ts.ControlURL())
	}
	began := time.Now()
	ts.Close()
	if connection, err := net.Dial("tcp", address); err == nil {
		_ = connection.Close()
		t.Fatal("it still accepts connections")
	}
	if state := ts.process.command.ProcessState; state.ExitCode() != 0 {
		t.Fatalf("it did not stop by itself, within %s: %s", time.Since(began), state)
	}
	ts.Close() // As the end of the test does once more.
}

func TestAServerThatDoesNotStartSaysWhy(t *testing.T) {
	t.Parallel()
	for name, each := range map[string]struct {
		option Option
		why    string
	}{
		"profile":    {WithProfile("no-such-venue"), "unknown profile 'no-such-venue'; known: hyperliquid"},
		"argument":   {WithArguments("--no-such-option"), "--no-such-option"},
		"executable": {WithExecutable("/no/such/hlbench"), "set HLBENCH to its path"},
		"patience":   {WithPatience(time.Millisecond), "was not ready after 1ms"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shared, err := StartShared(each.option)
			if err == nil {
				shared.Close()
				t.Fatal("it has started")
			}
			if !strings.Contains(err.Error(), each.why) {
				t.Fatal(err)
			}
		})
	}
}

func TestWhatAFailingTestShowsOfAnIdleServer(t *testing.T) {
	t.Parallel()
	ts := NewTestServer(t)
	if said := ts.explanation(); said != "hlbench: no connection was to get an order update" {
		t.Fatal(said)
	}
	ts.process.said.take("Traceback (most recent call last):")
	if said := ts.explanation(); !strings.HasSuffix(said, "the server's own log:\n    Traceback (most recent call last):") {
		t.Fatal(said)
	}
	ts.Close()
	if said := ts.explanation(); !strings.HasPrefix(said, "hlbench: hlbench does not answer") {
		t.Fatal(said)
	}
}
