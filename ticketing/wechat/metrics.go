package wechat

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics of the client. Labels are bounded: the kind of sign-in and how the
// call ended.
type metrics struct {
	calls *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{calls: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "fairgate_ticketing_wechat_calls_total",
		Help: "Calls to WeChat, by kind of sign-in and result (ok, refused, busy, failed).",
	}, []string{"kind", "result"})}
	if reg == nil {
		return m, nil
	}
	if err := reg.Register(m.calls); err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	return m, nil
}
