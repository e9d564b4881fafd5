package httpapi

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics of the HTTP surface. Routes are patterns, so labels are bounded.
type metrics struct {
	requests *prometheus.HistogramVec
	unsigned *prometheus.CounterVec
	limited  *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "fairgate_ticketing_request_duration_seconds",
			Help:    "Requests answered, by method, route pattern and status.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14),
		}, []string{"method", "route", "status"}),
		unsigned: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_ticketing_unsigned_requests_total",
			Help: "Requests refused for their signature, by reason (missing, mismatch, stale, replayed, guard_full).",
		}, []string{"reason"}),
		limited: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_ticketing_rate_limited_requests_total",
			Help: "Requests by accounts that sent too many of a kind, by kind and by what became of them (refused, or untracked: let through because too many accounts are remembered).",
		}, []string{"kind", "result"}),
	}
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.requests, m.unsigned, m.limited} {
		if err := reg.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return m, nil
}
