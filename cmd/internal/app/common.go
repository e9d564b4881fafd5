package app

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"

	"fairgate/cmd/internal/config"
	"fairgate/ingest/fingerprint"
)

// Env is what every role is built with.
type Env struct {
	Config   config.Config
	Log      *slog.Logger
	Registry prometheus.Registerer
	Now      func() time.Time
	// Version of the program, as the engines' page shows it.
	Version string
	// Analytics, if set, stands in for the configured ClickHouse.
	Analytics *Analytics
	// NoLedger, if set, is why there is no ClickHouse in this run at all.
	NoLedger error
	// Locate, if set, tells where addresses are beside the configured databases.
	Locate func(netip.Addr) fingerprint.Location
}

// leastSecret is how long a shared secret must be at least, in bytes.
const leastSecret = 32

// reveal reads a required secret and checks its length.
func reveal(field string, s config.Secret) (string, error) {
	text, err := s.Reveal()
	if err != nil {
		return "", fmt.Errorf("%s: %w", field, err)
	}
	if len(text) < leastSecret {
		return "", fmt.Errorf("%s: %d bytes, at least %d", field, len(text), leastSecret)
	}
	return text, nil
}

// secrets reads several required secrets at once and reports every error.
func secrets(fields map[string]config.Secret) (map[string]string, error) {
	out := make(map[string]string, len(fields))
	var errs []error
	for field, s := range fields {
		text, err := reveal(field, s)
		if err != nil {
			errs = append(errs, err)
		}
		out[field] = text
	}
	return out, errors.Join(errs...)
}

// rotated gives the current secret and, where there is one, the previous.
func rotated(field string, current, previous config.Secret) ([][]byte, error) {
	now, err := reveal(field, current)
	if err != nil {
		return nil, err
	}
	keys := [][]byte{[]byte(now)}
	if previous != "" {
		before, err := reveal(field+"_previous", previous)
		if err != nil {
			return nil, err
		}
		keys = append(keys, []byte(before))
	}
	return keys, nil
}

// key32 makes a key of exactly 32 bytes from a secret of any length.
func key32(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// listen opens a TCP listener for a part.
func listen(ctx context.Context, part, addr string) (net.Listener, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", part, err)
	}
	return ln, nil
}

// stopTime is how long a listener may take to finish what is in flight.
const stopTime = 3 * time.Second

// serve runs something that listens as a part of the stack: run blocks until
// stop is called, which lets what is in flight finish.
func serve(s *Stack, name string, run func() error, stop func(context.Context) error) {
	failed := make(chan error, 1)
	go func() { failed <- run() }()
	s.Go(name, func(ctx context.Context) error {
		select {
		case err := <-failed:
			return err
		case <-ctx.Done():
		}
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
		defer cancel()
		return stop(stopping)
	})
}

// serveFiber runs a Fiber app on a listener as a part of the stack.
func serveFiber(s *Stack, name string, app *fiber.App, ln net.Listener) {
	serve(s, name, func() error { return app.Listener(ln) }, app.ShutdownWithContext)
}

// serveHTTP runs a net/http server on a listener as a part of the stack.
func serveHTTP(s *Stack, name string, server *http.Server, ln net.Listener) {
	serve(s, name, func() error { return closed(server.Serve(ln)) }, server.Shutdown)
}
