package normal

import "github.com/prometheus/client_golang/prometheus"

type measures struct {
	hours, failures prometheus.Counter
}

func newMeasures(r prometheus.Registerer) *measures {
	m := &measures{
		hours: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "fairgate_normal_builds_total", Help: "Builds of one hour of normal behaviour, first ones and repeats.",
		}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "fairgate_normal_failures_total", Help: "Failed tries to bring normal behaviour up to date.",
		}),
	}
	if r != nil {
		r.MustRegister(m.hours, m.failures)
	}
	return m
}
