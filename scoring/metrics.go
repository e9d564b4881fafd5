package scoring

import (
	"github.com/prometheus/client_golang/prometheus"

	"fairgate/ingest"
	"fairgate/rules"
)

// metrics are the engine's. Rule ids are bounded by the rulesets loaded.
type metrics struct {
	rules     *prometheus.CounterVec
	foreign   prometheus.Counter
	recounted prometheus.Counter
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		rules: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_scoring_rule_hits_total",
			Help: "Rules that fired, by rule, stage and effect (acting or shadow).",
		}, []string{"rule", "stage", "effect"}),
		foreign: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "fairgate_scoring_foreign_snapshots_total",
			Help: "Events whose feature snapshot was made by a program that this process does not know.",
		}),
		recounted: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "fairgate_scoring_recounted_events_total",
			Help: "Events that a gateway counted alone during an outage, put into the shared counters afterwards.",
		}),
	}
	if r != nil {
		r.MustRegister(m.rules, m.foreign, m.recounted)
	}
	return m
}

func (m *metrics) hits(stage rules.Stage, hits []ingest.Hit) {
	for i := range hits {
		effect := rules.Acting
		if hits[i].Shadow {
			effect = rules.Shadow
		}
		m.rules.WithLabelValues(hits[i].Rule, string(stage), string(effect)).Inc()
	}
}
