package digest

import "github.com/prometheus/client_golang/prometheus"

type measures struct {
	hours, failures prometheus.Counter
	waiting         prometheus.Gauge
}

func newMeasures(r prometheus.Registerer) *measures {
	m := &measures{
		hours: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "fairgate_digest_builds_total", Help: "Hours of the ledger that were condensed, first times and repeats.",
		}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "fairgate_digest_failures_total", Help: "Failed tries to bring the condensed hours up to date.",
		}),
		waiting: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "fairgate_digest_waiting", Help: "Days of the ledger whose condensed hours are still to be compared.",
		}),
	}
	if r != nil {
		r.MustRegister(m.hours, m.failures, m.waiting)
	}
	return m
}
