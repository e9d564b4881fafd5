package source

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"fairgate/rules"
)

// Results of a reload, as a metric label.
const (
	resultLoaded     = "loaded"
	resultRefused    = "refused"    // it does not compile
	resultUnreadable = "unreadable" // the source failed or has no such document
)

type metrics struct {
	reloads  *prometheus.CounterVec
	rules    prometheus.Gauge
	features prometheus.Gauge
}

// newMetrics registers the metrics; a nil registry keeps them unregistered.
func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		reloads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_rules_source_reloads_total",
			Help: "Changes of the active ruleset since the start, by result; each content is counted once.",
		}, []string{"result"}),
		rules: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "fairgate_rules_source_rules",
			Help: "Rules in the active ruleset, whatever their mode.",
		}),
		features: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "fairgate_rules_source_features",
			Help: "Features that the active ruleset needs.",
		}),
	}
	for _, result := range []string{resultLoaded, resultRefused, resultUnreadable} {
		m.reloads.WithLabelValues(result)
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.reloads, m.rules, m.features} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("register ruleset metrics: %w", err)
		}
	}
	return m, nil
}

func (m *metrics) loaded(p *rules.Program) {
	m.rules.Set(float64(len(p.Ruleset().Rules)))
	m.features.Set(float64(len(p.Features())))
}
