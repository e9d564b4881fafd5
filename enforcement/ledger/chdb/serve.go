package chdb

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/gofrs/flock"
)

// Names of the two users of the endpoint.
const (
	// WriterName is the user that may do everything.
	WriterName = "fairgate"
	// ReaderName is the user that can change neither tables nor data.
	ReaderName = "fairgate_reader"
)

// ErrLocked reports that another process uses the data directory.
var ErrLocked = errors.New("the data directory is in use by another process")

// Options configure Serve. The zero value of everything but Library, DataDir
// and Secret is usable.
type Options struct {
	Library string // path of libchdb
	DataDir string // holds the lock and the engine's files; made if absent

	Listener net.Listener // taken over when set, else Addr is listened on
	Addr     string       // "127.0.0.1:0" when empty; loopback only

	Secret       string // WriterName's, made for this run
	ReaderSecret string // ReaderName's; empty: there is no such user

	Connections      int           // per user; max(4, CPUs) when 0
	MaxBody          int64         // bytes; 64 MiB when 0
	MaxExecutionTime time.Duration // of one statement; 60 s when 0
	MaxMemory        uint64        // bytes of one statement; 1 GiB when 0
	AcquireWait      time.Duration // for a free connection; 30 s when 0
	ShutdownWait     time.Duration // for requests under way; 5 s when 0

	Logger *slog.Logger
	// Ready is called once, when requests are answered, with the address.
	Ready func(addr string)
}

func (o Options) withDefaults() Options {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Connections == 0 {
		o.Connections = max(4, runtime.NumCPU())
	}
	if o.MaxBody == 0 {
		o.MaxBody = 64 << 20
	}
	if o.MaxExecutionTime == 0 {
		o.MaxExecutionTime = time.Minute
	}
	if o.MaxMemory == 0 {
		o.MaxMemory = 1 << 30
	}
	if o.AcquireWait == 0 {
		o.AcquireWait = 30 * time.Second
	}
	if o.ShutdownWait == 0 {
		o.ShutdownWait = 5 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Ready == nil {
		o.Ready = func(string) {}
	}
	return o
}

func (o Options) validate() error {
	var errs []error
	if o.Library == "" {
		errs = append(errs, errors.New("library: the path of libchdb is empty"))
	}
	if o.DataDir == "" {
		errs = append(errs, errors.New("data_dir: empty"))
	}
	if len(o.Secret) < 16 {
		errs = append(errs, fmt.Errorf("secret: %d characters, at least 16 are needed", len(o.Secret)))
	}
	if o.ReaderSecret != "" && len(o.ReaderSecret) < 16 {
		errs = append(errs, fmt.Errorf("reader_secret: %d characters, at least 16 are needed", len(o.ReaderSecret)))
	}
	if o.ReaderSecret != "" && o.ReaderSecret == o.Secret {
		errs = append(errs, errors.New("reader_secret: equals secret"))
	}
	return errors.Join(errs...)
}

// base are the settings of every connection.
func (o Options) base() []setting {
	return []setting{
		{"max_execution_time", strconv.FormatFloat(o.MaxExecutionTime.Seconds(), 'f', -1, 64)},
		{"max_memory_usage", strconv.FormatUint(o.MaxMemory, 10)},
	}
}

// Serve runs the engine and its endpoint until ctx ends, then lets requests
// under way finish and closes the engine. One process can serve one directory;
// a second one gets ErrLocked. It returns nil after an ordered end.
func Serve(ctx context.Context, opts Options) (err error) {
	opts = opts.withDefaults()
	if err := opts.validate(); err != nil {
		return fmt.Errorf("chdb options: %w", err)
	}
	unlock, err := lock(opts.DataDir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	engine, err := loadEngine(opts.Library)
	if err != nil {
		return err
	}
	listener, err := listen(ctx, opts)
	if err != nil {
		return err
	}
	h, closePools, err := newHandler(ctx, engine, opts)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer closePools()
	return serveHTTP(ctx, listener, h, opts)
}

// serveHTTP answers on listener until ctx ends.
func serveHTTP(ctx context.Context, listener net.Listener, h http.Handler, opts Options) error {
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       5 * time.Minute,
		ErrorLog:          slog.NewLogLogger(opts.Logger.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	opts.Ready(listener.Addr().String())
	select {
	case err := <-failed:
		return fmt.Errorf("serve the ClickHouse endpoint: %w", err)
	case <-ctx.Done():
	}
	wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), opts.ShutdownWait)
	defer cancel()
	if err := server.Shutdown(wait); err != nil {
		return errors.Join(fmt.Errorf("finish the requests under way: %w", err), server.Close())
	}
	return nil
}

// newHandler opens the engine and checks that it answers.
func newHandler(ctx context.Context, engine *engine, opts Options) (*handler, func(), error) {
	path := filepath.Join(opts.DataDir, "clickhouse")
	base := opts.base()
	h := &handler{settings: map[string]string{}, maxBody: opts.MaxBody, acquireWait: opts.AcquireWait, logger: opts.Logger}
	for _, s := range base {
		h.settings[s.name] = s.value
	}
	h.users = []user{{WriterName, sha256.Sum256([]byte(opts.Secret)), newPool(engine, path, opts.Connections, base)}}
	if opts.ReaderSecret != "" {
		session := slices.Concat(base, []setting{{"readonly", "2"}})
		h.users = append(h.users, user{ReaderName, sha256.Sum256([]byte(opts.ReaderSecret)), newPool(engine, path, opts.Connections, session)})
	}
	closePools := func() {
		for _, u := range h.users {
			u.pool.close()
		}
	}
	for _, u := range h.users {
		err := u.pool.with(ctx, func(c *conn) (bool, error) {
			_, err := c.query("SELECT 1", "TabSeparated", nil)
			return err == nil, err
		})
		if err != nil {
			closePools()
			return nil, nil, fmt.Errorf("first query of %s: %w", u.name, err)
		}
	}
	return h, closePools, nil
}

// listen opens the endpoint's address, on loopback only.
func listen(ctx context.Context, opts Options) (net.Listener, error) {
	listener := opts.Listener
	if listener == nil {
		var err error
		if listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", opts.Addr); err != nil {
			return nil, fmt.Errorf("listen on %q: %w", opts.Addr, err)
		}
	}
	if addr, ok := listener.Addr().(*net.TCPAddr); ok && !addr.IP.IsLoopback() {
		return nil, errors.Join(fmt.Errorf("listen on %s: only a loopback address is allowed", addr), listener.Close())
	}
	return listener, nil
}

// lock takes the data directory for this process.
func lock(dir string) (unlock func() error, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	file := flock.New(filepath.Join(dir, "chdb.lock"))
	taken, err := file.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock the data directory %q: %w", dir, err)
	}
	if !taken {
		return nil, fmt.Errorf("%w: %q", ErrLocked, dir)
	}
	return file.Unlock, nil
}
