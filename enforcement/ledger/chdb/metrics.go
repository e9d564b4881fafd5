package chdb

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are the supervisor's own figures.
type metrics struct {
	up       prometheus.Gauge
	restarts prometheus.Counter
}

// newMetrics makes the figures and registers them when reg is not nil.
func newMetrics(reg prometheus.Registerer) (metrics, error) {
	m := metrics{
		up: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "fairgate_chdb_up", Help: "Whether the embedded ClickHouse answers (1) or not (0).",
		}),
		restarts: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "fairgate_chdb_restarts_total", Help: "Times the embedded ClickHouse ended unasked and was started again.",
		}),
	}
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.up, m.restarts} {
		if err := reg.Register(c); err != nil {
			return metrics{}, fmt.Errorf("register the embedded ClickHouse's metrics: %w", err)
		}
	}
	return m, nil
}
