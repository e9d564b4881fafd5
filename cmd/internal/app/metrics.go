package app

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics serves /metrics, /healthz and /readyz of a process; an empty address
// means none. A process that is up is ready: roles start only when their
// engines answered.
func Metrics(ctx context.Context, s *Stack, addr string, registry *prometheus.Registry) error {
	if addr == "" {
		return nil
	}
	ln, err := listen(ctx, "metrics", addr)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	ok := func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) }
	mux.HandleFunc("GET /healthz", ok)
	mux.HandleFunc("GET /readyz", ok)
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	serveHTTP(s, "metrics", &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}, ln)
	return nil
}

// tlsConfig is what engines are spoken to with.
func tlsConfig() *tls.Config { return &tls.Config{MinVersion: tls.VersionTLS12} }

// closed hides the error of a server that was shut down on purpose.
func closed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
