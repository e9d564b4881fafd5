package ticketing

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics of the service. Labels are bounded: event types and job names.
type metrics struct {
	events  *prometheus.CounterVec
	signIns *prometheus.CounterVec
	codes   *prometheus.CounterVec
	jobs    *prometheus.CounterVec

	jobSeconds *prometheus.HistogramVec
	unverified prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_ticketing_order_events_total",
			Help: "What happened to orders, by event type, counted after commit.",
		}, []string{"type"}),
		signIns: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_ticketing_sign_ins_total",
			Help: "Attempts to sign in, by result (ok, refused).",
		}, []string{"result"}),
		codes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_ticketing_phone_codes_total",
			Help: "Codes asked for, by result (queued, limited).",
		}, []string{"result"}),
		jobs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_ticketing_job_failures_total",
			Help: "Background jobs that failed, by job.",
		}, []string{"job"}),
		jobSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "fairgate_ticketing_job_duration_seconds", Help: "Time that one run of a background job took, by job.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 10),
		}, []string{"job"}),
		unverified: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "fairgate_ticketing_documents_unverified_total",
			Help: "Documents that were accepted while their issuer could not be asked.",
		}),
	}
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.events, m.signIns, m.codes, m.jobs, m.jobSeconds, m.unverified} {
		if err := reg.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return m, nil
}
