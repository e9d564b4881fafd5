package stream

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// register adds c to r and returns it, or the equal collector that is already
// there: several producers of one process share their counters. A nil r keeps
// the metric private.
func register[C prometheus.Collector](r prometheus.Registerer, c C) C {
	if r == nil {
		return c
	}
	var already prometheus.AlreadyRegisteredError
	if err := r.Register(c); errors.As(err, &already) {
		if existing, ok := already.ExistingCollector.(C); ok {
			return existing
		}
	}
	return c
}

func counterVec(r prometheus.Registerer, name, help string, labels ...string) *prometheus.CounterVec {
	return register(r, prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels))
}

// journalMetrics are the figures of one Journal.
type journalMetrics struct {
	dropped *prometheus.CounterVec // kind: read, intent, completion, rejected
	unknown prometheus.Counter
	fsync   prometheus.Histogram
	errors  *prometheus.CounterVec // op: write, sync, publish, cursor
}

func newJournalMetrics(r prometheus.Registerer, j *Journal) *journalMetrics {
	gauge := func(name, help string, f func() float64) {
		register(r, prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, f))
	}
	gauge("fairgate_stream_spool_bytes", "Bytes of the spool on disk and waiting in memory.", func() float64 {
		return float64(j.Stats().Bytes)
	})
	gauge("fairgate_stream_spool_backlog_bytes", "Bytes of the spool that Kafka does not have yet.", func() float64 {
		return float64(j.Stats().Backlog)
	})
	gauge("fairgate_stream_open_intents", "Intents whose outcome has not been recorded yet.", func() float64 {
		return float64(j.Stats().OpenIntents)
	})
	return &journalMetrics{
		dropped: counterVec(r, "fairgate_stream_dropped_total",
			"Records that were not taken because the spool was full, or that the broker will never take.", "kind"),
		unknown: register(r, prometheus.NewCounter(prometheus.CounterOpts{
			Name: "fairgate_stream_unknown_total", Help: "Intents published without an outcome.",
		})),
		fsync: register(r, prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "fairgate_stream_fsync_seconds", Help: "Time the disk took to make the spool durable.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 3, 9),
		})),
		errors: counterVec(r, "fairgate_stream_errors_total", "Failed operations of the journal, by operation.", "op"),
	}
}
