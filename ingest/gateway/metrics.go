package gateway

import (
	"github.com/prometheus/client_golang/prometheus"

	"fairgate/ingest"
)

type metrics struct {
	requests       *prometheus.CounterVec
	duration       *prometheus.HistogramVec
	screening      prometheus.Histogram
	refused        *prometheus.CounterVec
	upstreamErrors *prometheus.CounterVec
	lost           *prometheus.CounterVec
	bindingErrors  prometheus.Counter
	unreadable     prometheus.Counter
	panics         prometheus.Counter
	// refusalsUnnoted are beyond what becomes an event.
	refusalsUnnoted prometheus.Counter
	// proofs are bookings that came with a signature.
	proofs *prometheus.CounterVec
}

func newMetrics(r prometheus.Registerer) *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "fairgate_gateway_" + name, Help: help})
	}
	vec := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "fairgate_gateway_" + name, Help: help}, labels)
	}
	m := &metrics{
		requests: vec("requests_total", "Screened requests by kind, action and how far they got.", "kind", "action", "disposition"),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "fairgate_gateway_request_seconds", Help: "Whole time in the gateway, the upstream's included.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"kind"}),
		screening: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "fairgate_gateway_screening_seconds", Help: "Time that screening took.",
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .02, .05, .1, .25, .5, 1},
		}),
		refused:        vec("refused_total", "Requests refused for their form, by reason.", "reason"),
		upstreamErrors: vec("upstream_errors_total", "Forwarded requests without an answer.", "reason"),
		lost:           vec("record_failures_total", "Events that a step of recording did not take.", "step"),
		bindingErrors:  counter("binding_errors_total", "Failures of the store of session bindings."),
		unreadable:     counter("unreadable_responses_total", "Answers whose fields could not be read."),
		panics:         counter("panics_total", "Requests that ended in a panic."),

		proofs: vec("proofs_total", "Bookings that came with a signature, by what it was worth before its replay was looked for.", "proof"),

		refusalsUnnoted: counter("refusals_unnoted_total", "Requests refused for their form that became no event, because their source or all together had too many."),
	}
	r.MustRegister(m.requests, m.duration, m.screening, m.refused, m.upstreamErrors, m.lost, m.bindingErrors, m.unreadable, m.panics, m.refusalsUnnoted, m.proofs)
	return m
}

func (m *metrics) observe(e *ingest.Event) {
	m.requests.WithLabelValues(string(e.Kind), string(e.Decision.Action), string(e.Outcome.Disposition)).Inc()
	m.duration.WithLabelValues(string(e.Kind)).Observe(e.Outcome.Latency.Seconds())
}
