package archive

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"fairgate/enforcement/ledger"
)

// metrics are the package's own figures; table is one of five.
type metrics struct {
	rows    *prometheus.CounterVec
	retries *prometheus.CounterVec
	seconds *prometheus.HistogramVec
}

func newMetrics(reg prometheus.Registerer) *metrics {
	f := promauto.With(reg)
	return &metrics{
		rows: f.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_archive_rows_total", Help: "Rows written to the ledger, repeats included.",
		}, []string{"table"}),
		retries: f.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_archive_retries_total", Help: "Attempts to write to the ledger that failed and were repeated.",
		}, []string{"table"}),
		seconds: f.NewHistogramVec(prometheus.HistogramOpts{
			Name: "fairgate_archive_insert_seconds", Help: "Time of one successful insert.",
			Buckets: prometheus.ExponentialBuckets(0.002, 2.5, 10),
		}, []string{"table"}),
	}
}

func (m *metrics) stored(kind ledger.Kind, rows int, took time.Duration) {
	m.rows.WithLabelValues(string(kind)).Add(float64(rows))
	m.seconds.WithLabelValues(string(kind)).Observe(took.Seconds())
}
