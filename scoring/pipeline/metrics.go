package pipeline

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	messages, verdicts, retries *prometheus.CounterVec
	batch                       prometheus.Histogram
	lag                         prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) *metrics {
	counter := func(name, help, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{label})
	}
	m := &metrics{
		messages: counter("fairgate_pipeline_messages_total",
			"Messages taken from the log: scored, late (beyond the bound, not scored) or bad (to the dead letters).", "result"),
		verdicts: counter("fairgate_pipeline_verdicts_total", "Verdicts made, by stage.", "stage"),
		retries: counter("fairgate_pipeline_retries_total",
			"Steps that failed and are tried again: fetch, score, publish, commit.", "step"),
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "fairgate_pipeline_batch_seconds", Help: "Time from the last fetch to the commit of a batch.",
			Buckets: prometheus.ExponentialBuckets(0.002, 2, 14),
		}),
		lag: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "fairgate_pipeline_lag_seconds", Help: "Age of the newest event of the last batch when it was done.",
		}),
	}
	if r != nil {
		r.MustRegister(m.messages, m.verdicts, m.retries, m.batch, m.lag)
	}
	return m
}
