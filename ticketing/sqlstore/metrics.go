package sqlstore

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics of the writer.
type metrics struct {
	groupSize     prometheus.Histogram
	commitSeconds prometheus.Histogram
	repeated      prometheus.Counter
	single        prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		groupSize: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "fairgate_ticketing_commit_group_jobs",
			Help:    "Updates that shared one commit.",
			Buckets: []float64{1, 2, 5, 10, 20, 50, 100, 200, 500},
		}),
		commitSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "fairgate_ticketing_commit_duration_seconds",
			Help:    "Time from the beginning of a grouped transaction to its answer.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14),
		}),
		repeated: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "fairgate_ticketing_commit_groups_repeated_total",
			Help: "Groups of updates that were run again one by one, because one of them could not be written.",
		}),
		single: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "fairgate_ticketing_commit_single_jobs_total",
			Help: "Updates that had statements of their own in their group's commit, which others waited for.",
		}),
	}
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.groupSize, m.commitSeconds, m.repeated, m.single} {
		if err := reg.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return m, nil
}
