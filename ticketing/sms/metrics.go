package sms

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics of the dispatcher. The label is a message state.
type metrics struct {
	messages *prometheus.CounterVec
	failures prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_ticketing_sms_messages_total",
			Help: "Messages that came to a state after they were queued (sending is not counted).",
		}, []string{"state"}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "fairgate_ticketing_sms_failures_total",
			Help: "Rounds of sending in which the queue or a receipt failed.",
		}),
	}
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.messages, m.failures} {
		if err := reg.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return m, nil
}
