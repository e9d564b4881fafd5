package chdb

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/prometheus/client_golang/prometheus"
)

// SupervisorOptions configure a Supervisor. The zero value is usable.
type SupervisorOptions struct {
	Addr string // loopback address to listen on; "127.0.0.1:0" when empty

	Connections      int           // per user; as in Options
	MaxBody          int64         // bytes; as in Options
	MaxExecutionTime time.Duration // of one statement; as in Options
	MaxMemory        uint64        // bytes of one statement; as in Options

	MinBackoff time.Duration // before the first restart; 200 ms when 0
	MaxBackoff time.Duration // 30 s when 0
	Steady     time.Duration // a run this long resets the back-off; 1 min when 0
	ReadyWait  time.Duration // for a child to answer; 30 s when 0
	StopWait   time.Duration // for a child to end; 10 s when 0

	Stderr     io.Writer // the child's log; os.Stderr when nil
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

func (o SupervisorOptions) withDefaults() SupervisorOptions {
	orElse := func(d *time.Duration, value time.Duration) {
		if *d == 0 {
			*d = value
		}
	}
	orElse(&o.MinBackoff, 200*time.Millisecond)
	orElse(&o.MaxBackoff, 30*time.Second)
	orElse(&o.Steady, time.Minute)
	orElse(&o.ReadyWait, 30*time.Second)
	orElse(&o.StopWait, 10*time.Second)
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Stderr == nil {
		o.Stderr = os.Stderr
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Supervisor runs the engine in a child process and keeps it running. It is
// safe for concurrent use.
type Supervisor struct {
	argv     []string
	config   childConfig
	opts     SupervisorOptions
	metrics  metrics
	listener *net.TCPListener
	socket   *os.File // the listener's, handed to each child

	mu      sync.Mutex
	current *process
	started bool
	cancel  context.CancelFunc
	done    chan struct{} // closed when the run loop has ended
	stopErr error         // to be read after done
}

// NewSupervisor prepares to run argv, the program and its hidden subcommand
// (whose body is ServeChild), with the library and data directory named. It
// listens at once: Addr is known before Start. Call Stop even without Start.
func NewSupervisor(argv []string, library, dataDir string, opts SupervisorOptions) (*Supervisor, error) {
	if len(argv) == 0 || argv[0] == "" {
		return nil, errors.New("chdb supervisor: argv is empty")
	}
	opts = opts.withDefaults()
	s := &Supervisor{argv: argv, opts: opts, done: make(chan struct{})}
	s.config = childConfig{
		Library: library, DataDir: dataDir, Secret: rand.Text(), ReaderSecret: rand.Text(),
		Connections: opts.Connections, MaxBody: opts.MaxBody,
		MaxExecutionTime: opts.MaxExecutionTime, MaxMemory: opts.MaxMemory,
		ShutdownWait: opts.StopWait / 2,
	}
	var err error
	if s.metrics, err = newMetrics(opts.Registerer); err != nil {
		return nil, err
	}
	addr, err := net.ResolveTCPAddr("tcp", opts.Addr)
	if err != nil {
		return nil, fmt.Errorf("chdb supervisor: addr %q: %w", opts.Addr, err)
	}
	if !addr.IP.IsLoopback() {
		return nil, fmt.Errorf("chdb supervisor: addr %q: only a loopback address is allowed", opts.Addr)
	}
	if s.listener, err = net.ListenTCP("tcp", addr); err != nil {
		return nil, fmt.Errorf("chdb supervisor: listen: %w", err)
	}
	if s.socket, err = s.listener.File(); err != nil {
		return nil, errors.Join(fmt.Errorf("chdb supervisor: share the listening socket: %w", err), s.listener.Close())
	}
	return s, nil
}

// Addr is the endpoint's host:port. It stays the same over restarts.
func (s *Supervisor) Addr() string { return s.listener.Addr().String() }

// Writer returns clickhouse-go's options for the user that may do everything.
func (s *Supervisor) Writer() *clickhouse.Options {
	return clientOptions(s.Addr(), WriterName, s.config.Secret)
}

// Reader returns clickhouse-go's options for the user that can only read.
func (s *Supervisor) Reader() *clickhouse.Options {
	return clientOptions(s.Addr(), ReaderName, s.config.ReaderSecret)
}

func clientOptions(addr, name, secret string) *clickhouse.Options {
	return &clickhouse.Options{
		Protocol:    clickhouse.HTTP,
		Addr:        []string{addr},
		Auth:        clickhouse.Auth{Database: "default", Username: name, Password: secret},
		DialTimeout: 5 * time.Second,
		ReadTimeout: 2 * time.Minute,
	}
}

// Start starts the child and waits until it answers. A failure of this first
// start is returned, and everything is given up as by Stop; later ends of the
// child lead to restarts. ctx bounds only the wait.
func (s *Supervisor) Start(ctx context.Context) error {
	s.mu.Lock()
	if s.started {
		s.mu.Unlock()
		return errors.New("chdb supervisor: started already, or stopped")
	}
	s.started = true
	runCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.cancel = cancel
	s.mu.Unlock()
	first := make(chan error, 1)
	go s.run(runCtx, first)
	select {
	case err := <-first:
		if err != nil {
			// Nobody will answer: refuse connections rather than keep them waiting.
			return errors.Join(fmt.Errorf("start the embedded ClickHouse: %w", err), s.Stop(context.WithoutCancel(ctx)))
		}
		return nil
	case <-ctx.Done():
		return errors.Join(fmt.Errorf("start the embedded ClickHouse: %w", ctx.Err()), s.Stop(context.WithoutCancel(ctx)))
	}
}

// run keeps a child alive until ctx ends. Its thread is the children's parent
// as the kernel sees it, so it must not go away before them.
func (s *Supervisor) run(ctx context.Context, first chan<- error) {
	defer close(s.done)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	backoff := s.opts.MinBackoff
	for attempt := 0; ; attempt++ {
		began, wasReady := time.Now(), false
		err := s.runOnce(ctx, func() {
			wasReady = true
			if attempt == 0 {
				first <- nil
			}
		})
		if ctx.Err() != nil {
			if wasReady {
				s.stopErr = err
			}
			return
		}
		if attempt == 0 && !wasReady {
			first <- err
			return
		}
		if time.Since(began) >= s.opts.Steady {
			backoff = s.opts.MinBackoff
		}
		s.metrics.restarts.Inc()
		s.opts.Logger.ErrorContext(ctx, "embedded ClickHouse ended, restarting", "error", err, "after", backoff)
		timer := time.NewTimer(backoff)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		backoff = min(2*backoff, s.opts.MaxBackoff)
	}
}

// runOnce runs one child to its end. It returns nil only after an ordered end.
func (s *Supervisor) runOnce(ctx context.Context, ready func()) error {
	p, err := startProcess(s.argv, s.socket, s.config, s.opts.Stderr)
	if err != nil {
		return err
	}
	if err := p.awaitReady(ctx, s.opts.ReadyWait); err != nil {
		p.kill()
		return err
	}
	s.setCurrent(p)
	s.metrics.up.Set(1)
	defer s.metrics.up.Set(0)
	defer s.setCurrent(nil)
	ready()
	s.opts.Logger.InfoContext(ctx, "embedded ClickHouse is ready", "addr", s.Addr(), "pid", p.cmd.Process.Pid)
	select {
	case <-p.ended:
		return p.exit()
	case <-ctx.Done():
		return p.stop(s.opts.StopWait)
	}
}

func (s *Supervisor) setCurrent(p *process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = p
}

// PID returns the child's process id while one answers, else 0.
func (s *Supervisor) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == nil {
		return 0
	}
	return s.current.cmd.Process.Pid
}

// Stop ends the child in order, kills it if it does not end in time, and gives
// the address up. It may be called twice, and without Start.
func (s *Supervisor) Stop(ctx context.Context) error {
	s.mu.Lock()
	cancel, started := s.cancel, s.started
	s.started = true
	s.mu.Unlock()
	if started && cancel != nil {
		cancel()
		select {
		case <-s.done:
		case <-ctx.Done():
			return fmt.Errorf("stop the embedded ClickHouse: %w", ctx.Err())
		}
	}
	var err error
	if s.stopErr != nil {
		err = fmt.Errorf("stop the embedded ClickHouse: %w", s.stopErr)
	}
	return errors.Join(err, ignoreClosed(s.socket.Close()), ignoreClosed(s.listener.Close()))
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}
