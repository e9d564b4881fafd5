package checkin

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics of the service. Labels are bounded: reasons and results.
type metrics struct {
	scans   *prometheus.CounterVec
	groups  prometheus.Histogram
	signIns *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		scans: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_checkin_scans_total",
			Help: "Scans answered, by reason and whether they were made off line, counted after commit.",
		}, []string{"reason", "offline"}),
		groups: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "fairgate_checkin_group_scans", Help: "Scans judged in one transaction.",
			Buckets: []float64{1, 2, 5, 10, 20, 50, 100, 200, 500},
		}),
		signIns: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_checkin_sign_ins_total", Help: "Attempts of terminals to sign in, by result (ok, refused, limited).",
		}, []string{"result"}),
	}
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.scans, m.groups, m.signIns} {
		if err := reg.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return m, nil
}
