package enforcement

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"fairgate/ingest"
)

// screenerMetrics count what the edge was told to do.
type screenerMetrics struct {
	decisions *prometheus.CounterVec
	degraded  prometheus.Counter
	passed    prometheus.Counter
	badMarks  prometheus.Counter
}

func newScreenerMetrics(registry prometheus.Registerer) *screenerMetrics {
	with := promauto.With(registry)
	return &screenerMetrics{
		decisions: with.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_enforcement_decisions_total",
			Help: "Decisions given to the edge, by action; observed ones apart.",
		}, []string{"action", "observed"}),
		degraded: with.NewCounter(prometheus.CounterOpts{
			Name: "fairgate_enforcement_degraded_decisions_total",
			Help: "Decisions taken without the fleet's own counters or lists.",
		}),
		passed: with.NewCounter(prometheus.CounterOpts{
			Name: "fairgate_enforcement_challenges_passed_total",
			Help: "Requests whose challenge was met by a valid pass.",
		}),
		badMarks: with.NewCounter(prometheus.CounterOpts{
			Name: "fairgate_enforcement_unreadable_marks_total",
			Help: "Marks in the shared store that could not be decoded.",
		}),
	}
}

func (m *screenerMetrics) decided(d ingest.Decision) {
	action, observed := d.Action, "false"
	if d.Observed != "" {
		action, observed = d.Observed, "true"
	}
	m.decisions.WithLabelValues(string(action), observed).Inc()
	if d.Degraded {
		m.degraded.Inc()
	}
	if d.Passed {
		m.passed.Inc()
	}
}

// enforcerMetrics count what was done about published verdicts.
type enforcerMetrics struct {
	verdicts    *prometheus.CounterVec
	actions     *prometheus.CounterVec
	retries     prometheus.Counter
	deadLetters prometheus.Counter
	lag         prometheus.Histogram
}

func newEnforcerMetrics(registry prometheus.Registerer) *enforcerMetrics {
	with := promauto.With(registry)
	return &enforcerMetrics{
		verdicts: with.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_enforcement_verdicts_total",
			Help: "Verdicts consumed, by stage and whether they asked for anything.",
		}, []string{"stage", "acting"}),
		actions: with.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_enforcement_actions_total",
			Help: "Things asked of lists, cases and the booking system, by kind.",
		}, []string{"kind"}),
		retries: with.NewCounter(prometheus.CounterOpts{
			Name: "fairgate_enforcement_retries_total",
			Help: "Batches of verdicts that had to be tried again.",
		}),
		deadLetters: with.NewCounter(prometheus.CounterOpts{
			Name: "fairgate_enforcement_dead_letters_total",
			Help: "Verdicts that could not be enforced and were put aside.",
		}),
		lag: with.NewHistogram(prometheus.HistogramOpts{
			Name:    "fairgate_enforcement_block_lag_seconds",
			Help:    "From the deciding event to its entry on the deny list.",
			Buckets: []float64{0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60},
		}),
	}
}
