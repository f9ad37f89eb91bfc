package hlbenchtest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

// stopPatience is how long a server may take to close its connections and its recording.
const stopPatience = 10 * time.Second

// process is one `hlbench serve`.
type process struct {
	command *exec.Cmd
	stdin   io.Closer
	said    *transcript
	ended   chan struct{}
	stop    sync.Once
	ready   ready
	config  config
}

// ready is what the server prints once it accepts requests.
type ready struct {
	URL        string `json:"url"`
	WsURL      string `json:"ws_url"`
	ControlURL string `json:"control_url"`
	Token      string `json:"token"`
}

func startProcess(cfg config) (*process, error) {
	executable, err := findExecutable(cfg.executable)
	if err != nil {
		return nil, err
	}
	// The server ends with its standard input, so it never outlives this process, however that ends.
	arguments := []string{"serve", "--port", "0", "--json", "--until-eof", "--profile", cfg.profile}
	if cfg.recording != "" {
		arguments = append(arguments, "--record", cfg.recording)
	}
	if cfg.logger != nil {
		arguments = append(arguments, "--json-logs")
	}
	command := exec.Command(executable, append(arguments, cfg.arguments...)...)
	stdin, stdout, stderr, err := pipes(command)
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("hlbench did not start: %w", err)
	}
	p := &process{
		command: command, stdin: stdin, said: &transcript{logger: cfg.logger}, ended: make(chan struct{}), config: cfg,
	}
	firstLine := make(chan string, 1)
	var reading sync.WaitGroup
	reading.Add(2)
	go func() { defer reading.Done(); p.said.follow(stderr) }()
	go func() { defer reading.Done(); readFirstLine(stdout, firstLine) }()
	go func() { reading.Wait(); _ = command.Wait(); close(p.ended) }()

	select {
	case line := <-firstLine:
		if err := json.Unmarshal([]byte(line), &p.ready); err != nil {
			p.close()
			return nil, fmt.Errorf("%s serve did not start:\n%s%s", executable, line, p.said)
		}
		return p, nil
	case <-time.After(cfg.patience):
		p.close()
		return nil, fmt.Errorf("%s serve was not ready after %s:\n%s", executable, cfg.patience, p.said)
	}
}

func findExecutable(named string) (string, error) {
	for _, candidate := range []string{named, os.Getenv("HLBENCH"), "hlbench"} {
		if candidate == "" {
			continue
		}
		path, err := exec.LookPath(candidate)
		if err != nil {
			return "", fmt.Errorf("hlbench is needed for this test: %w; install it, or set HLBENCH to its path", err)
		}
		return path, nil
	}
	return "", errors.New("unreachable")
}

func pipes(command *exec.Cmd) (stdin io.WriteCloser, stdout, stderr io.ReadCloser, err error) {
	if stdin, err = command.StdinPipe(); err != nil {
		return
	}
	if stdout, err = command.StdoutPipe(); err != nil {
		return
	}
	stderr, err = command.StderrPipe()
	return
}

// readFirstLine passes the first line on (an empty one where there is none) and discards the rest.
func readFirstLine(from io.Reader, first chan<- string) {
	reader := bufio.NewReader(from)
	line, _ := reader.ReadString('\n')
	first <- line
	_, _ = io.Copy(io.Discard, reader)
}

// close stops the server: it closes its connections and its recording. Whoever calls it second waits for the first.
func (p *process) close() {
	p.stop.Do(func() {
		_ = p.stdin.Close()
		select {
		case <-p.ended:
		case <-time.After(stopPatience):
			_ = p.command.Process.Kill()
			<-p.ended
		}
	})
}

// transcript keeps the last lines that the server has written to its standard error.
type transcript struct {
	logger *slog.Logger
	mu     sync.Mutex
	lines  []string
}

const transcriptLines = 40

func (t *transcript) follow(from io.Reader) {
	reader := bufio.NewReader(from)
	for {
		line, err := reader.ReadString('\n')
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			t.take(line)
		}
		if err != nil {
			return
		}
	}
}

func (t *transcript) take(line string) {
	if t.logger == nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.lines = append(t.lines, line)
		if extra := len(t.lines) - transcriptLines; extra > 0 {
			t.lines = slices.Delete(t.lines, 0, extra)
		}
		return
	}
	var fields map[string]any
	if json.Unmarshal([]byte(line), &fields) != nil {
		t.logger.Debug(line)
		return
	}
	message, _ := fields["msg"].(string)
	delete(fields, "msg")
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	attributes := make([]any, 0, 2*len(names))
	for _, name := range names {
		attributes = append(attributes, name, fields[name])
	}
	t.logger.Info(message, attributes...)
}

// complaints is what the server has said beyond where it serves and what it records to: tracebacks, as a rule.
func (t *transcript) complaints() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(t.lines), func(line string) bool {
		return strings.HasPrefix(line, "serving ") || strings.HasPrefix(line, "recording to ")
	})
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(t.lines, "\n")
}
