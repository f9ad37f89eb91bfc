package hlbenchtest

import (
	"fmt"
	"net/url"
	"strings"
)

// Verdict says what became of one order update on its way to one connection, or of a request that never became an order.
type Verdict struct {
	// Code is stable, such as "delivered", "no_subscription", "before_subscription", "refused".
	Code string `json:"code"`
	// Sentence says it for people.
	Sentence string `json:"sentence"`
}

// Delivery is an order update on its way to one connection.
type Delivery struct {
	Oid     int64  `json:"oid"`
	Status  string `json:"status"`
	Channel string `json:"channel"`
	// Connection is empty where nobody was subscribed.
	Connection string `json:"connection"`
	// Expected says whether the update should have reached the connection.
	Expected bool    `json:"expected"`
	Verdict  Verdict `json:"verdict"`
}

// Why says what became of each update of an order; of a cloid that was used again, the newest use.
func (ts *TestServer) Why(cloid string) []Delivery {
	ts.tb.Helper()
	which := url.Values{"cloid": {canonicalCloid(cloid)}}
	if order, err := ts.find(which); err == nil {
		which.Set("account", order.Account)
	}
	which.Del("form")
	var answer struct {
		Verdict Verdict `json:"verdict"`
		Orders  []struct {
			Rows []Delivery `json:"rows"`
		} `json:"orders"`
		Requests []Verdict `json:"requests"`
	}
	ts.ask("why", which, &answer)
	var deliveries []Delivery
	for _, order := range answer.Orders {
		deliveries = append(deliveries, order.Rows...)
	}
	for _, verdict := range answer.Requests {
		deliveries = append(deliveries, Delivery{Verdict: verdict})
	}
	if len(deliveries) == 0 {
		deliveries = append(deliveries, Delivery{Verdict: answer.Verdict})
	}
	return deliveries
}

// explainFailure logs what the exchange knows, if the test has failed.
func (ts *TestServer) explainFailure() {
	if ts.tb.Failed() {
		ts.tb.Log(ts.explanation())
	}
}

func (ts *TestServer) explanation() string {
	var report struct {
		Expected   int      `json:"expected"`
		Written    int      `json:"written"`
		Deliveries []string `json:"deliveries"`
		Refusals   []string `json:"refusals"`
	}
	query := url.Values{}
	if len(ts.accounts) > 0 {
		query.Set("accounts", strings.Join(ts.accounts, ","))
	}
	if err := ts.control.get("failures", query, &report); err != nil {
		return fmt.Sprintf("hlbench: %v\n%s", err, ts.process.said)
	}
	var text strings.Builder
	switch {
	case report.Expected == 0:
		text.WriteString("hlbench: no connection was to get an order update")
	case report.Written == report.Expected:
		fmt.Fprintf(&text, "hlbench: all %d expected deliveries of order updates were written: look at the client",
			report.Expected)
	default:
		fmt.Fprintf(&text, "hlbench: %d of %d expected deliveries of order updates were written",
			report.Written, report.Expected)
	}
	writeSection(&text, "undelivered", report.Deliveries)
	writeSection(&text, "refused requests", report.Refusals)
	writeSection(&text, "the server's own log", ts.process.said.complaints())
	if ts.process.config.recording != "" {
		writeSection(&text, "recorded", []string{"hlbench tui " + ts.process.config.recording})
	}
	return text.String()
}

func writeSection(text *strings.Builder, title string, lines []string) {
	if len(lines) > 0 {
		fmt.Fprintf(text, "\nhlbench: %s:\n    %s", title, strings.Join(lines, "\n    "))
	}
}
