package outbox

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics of the dispatcher.
type metrics struct {
	delivered prometheus.Counter
	failures  prometheus.Counter
	lag       prometheus.Gauge
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		delivered: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "fairgate_ticketing_outbox_delivered_events_total",
			Help: "Events the receiver has accepted.",
		}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "fairgate_ticketing_outbox_failures_total",
			Help: "Attempts at delivery that failed and are tried again.",
		}),
		lag: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "fairgate_ticketing_outbox_lag_seconds",
			Help: "Age of the oldest undelivered event at the last look, on the process that holds the lease.",
		}),
	}
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.delivered, m.failures, m.lag} {
		if err := reg.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return m, nil
}
