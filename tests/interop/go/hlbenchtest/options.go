package hlbenchtest

import (
	"log/slog"
	"time"
)

// Profiles of the exchange, for WithProfile.
const (
	// RecommaMock rests every order until it is filled by hand, keeps the oid on modify and shows numbers in their
	// shortest form, as the Go mock server recomma/hyperliquid-mock does. It is the default here.
	RecommaMock = "recomma-mock"
	// Hyperliquid is the real exchange: orders match, and a modify is a cancel and a new order.
	Hyperliquid = "hyperliquid"
)

// Option configures a server.
type Option func(*config)

type config struct {
	executable string
	profile    string
	recording  string
	logger     *slog.Logger
	arguments  []string
	patience   time.Duration
}

func newConfig(opts []Option) config {
	cfg := config{profile: RecommaMock, patience: 30 * time.Second}
	for _, opt := range opts {
		if opt != nil {
			opt(&cfg)
		}
	}
	return cfg
}

// WithProfile says whose behaviour is imitated; RecommaMock without it.
func WithProfile(name string) Option { return func(cfg *config) { cfg.profile = name } }

// WithRecording records everything that happens to a file (to none where the path is empty), for `hlbench tui`, `hlbench why` and `hlbench report`. An
// existing recording is continued.
func WithRecording(path string) Option { return func(cfg *config) { cfg.recording = path } }

// WithLogger logs each stage of each order's way (received, stored, broadcast, answered) at level Info, and what else
// the server says at level Debug.
func WithLogger(logger *slog.Logger) Option { return func(cfg *config) { cfg.logger = logger } }

// WithArguments passes further arguments to `hlbench serve`, such as "--strict" or "--network", "mainnet".
func WithArguments(arguments ...string) Option {
	return func(cfg *config) { cfg.arguments = append(cfg.arguments, arguments...) }
}

// WithExecutable names the hlbench executable; without it, the environment variable HLBENCH or else PATH does.
func WithExecutable(path string) Option { return func(cfg *config) { cfg.executable = path } }

// WithPatience says how long the server may take to start; 30 s without it.
func WithPatience(patience time.Duration) Option {
	return func(cfg *config) { cfg.patience = patience }
}
