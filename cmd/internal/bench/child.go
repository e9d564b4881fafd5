package bench

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"time"
)

// keys are the secrets of one run; they live in memory and in the child's
// environment only.
type keys struct {
	gateway, operations string
	env                 []string
}

func newKeys(dsn string) keys {
	k := keys{gateway: NewSecret(), operations: NewSecret()}
	k.env = []string{
		"BENCH_DSN=" + dsn, "BENCH_GATEWAY=" + k.gateway, "BENCH_OPERATIONS=" + k.operations,
		"BENCH_ENFORCEMENT=" + NewSecret(), "BENCH_DATA=" + NewSecret(), "BENCH_LOOKUP=" + NewSecret(), "BENCH_SESSION=" + NewSecret(),
		"BENCH_WEBHOOK=whsec_" + base64.StdEncoding.EncodeToString([]byte(NewSecret())),
		"FAIRGATE_TICKETING_DSN=env:BENCH_DSN", "FAIRGATE_KEYS_GATEWAY=env:BENCH_GATEWAY", "FAIRGATE_KEYS_OPERATIONS=env:BENCH_OPERATIONS",
		"FAIRGATE_KEYS_ENFORCEMENT=env:BENCH_ENFORCEMENT", "FAIRGATE_KEYS_TICKETING_DATA=env:BENCH_DATA",
		"FAIRGATE_KEYS_TICKETING_LOOKUP=env:BENCH_LOOKUP", "FAIRGATE_KEYS_SESSION=env:BENCH_SESSION", "FAIRGATE_KEYS_WEBHOOK=env:BENCH_WEBHOOK",
		"FAIRGATE_TICKETING_LIMITS_SUBMIT_PER_MINUTE=0", // a few accounts stand for many
		"FAIRGATE_TICKETING_PASSWORD_MEMORY_KIB=1024", "FAIRGATE_TICKETING_PASSWORD_TIME=1", "FAIRGATE_LOG_LEVEL=error",
	}
	return k
}

// NewSecret is a secret of 32 random bytes in hexadecimal.
func NewSecret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// Ticketing is the booking system as a process that can be killed.
type Ticketing struct {
	Addr string // host:port, the same after a restart
	keys keys
	exe  string
	env  []string
	log  io.Writer
	cmd  *exec.Cmd
}

// NewTicketing prepares the role `ticketing` of the binary exe on a database;
// outcomes is where its outbox delivers to.
func NewTicketing(ctx context.Context, exe, dsn, outcomes string, log io.Writer) (*Ticketing, error) {
	addr, err := FreeAddress(ctx)
	if err != nil {
		return nil, err
	}
	metrics, err := FreeAddress(ctx)
	if err != nil {
		return nil, err
	}
	k := newKeys(dsn)
	t := &Ticketing{Addr: addr, keys: k, exe: exe, log: log}
	t.env = append(append(os.Environ(), k.env...),
		"FAIRGATE_TICKETING_LISTEN="+t.Addr, "FAIRGATE_METRICS_LISTEN="+metrics,
		"FAIRGATE_TICKETING_OUTCOMES_URL="+outcomes)
	return t, nil
}

// Start starts the process and waits until it is ready.
func (t *Ticketing) Start(ctx context.Context) error {
	t.cmd = exec.CommandContext(ctx, t.exe, "ticketing") //nolint:gosec // our own binary
	t.cmd.Env, t.cmd.Stderr = t.env, t.log
	t.cmd.Cancel = func() error { return t.cmd.Process.Signal(os.Interrupt) }
	if err := t.cmd.Start(); err != nil {
		return fmt.Errorf("start ticketing: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+t.Addr+"/readyz", http.NoBody)
		if err != nil {
			return fmt.Errorf("ask for readiness: %w", err)
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("ticketing did not come up: %w", ctx.Err())
		}
	}
}

// Kill ends the process at once, as a crash would.
func (t *Ticketing) Kill() error {
	err := t.cmd.Process.Kill()
	_ = t.cmd.Wait()
	return err
}

// Stop ends it in order.
func (t *Ticketing) Stop() error {
	if t.cmd == nil || t.cmd.Process == nil || t.cmd.ProcessState != nil {
		return nil // never started, or ended
	}
	_ = t.cmd.Process.Signal(os.Interrupt)
	return t.cmd.Wait()
}
