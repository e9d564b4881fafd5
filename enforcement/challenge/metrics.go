package challenge

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// metrics are what is counted, by grade and band; a code has no band.
type metrics struct {
	issued  *prometheus.CounterVec
	results *prometheus.CounterVec
	codes   *prometheus.CounterVec
	took    *prometheus.HistogramVec
}

// noBand labels what is no proof of work, or not known to be one of ours.
const noBand = "none"

func newMetrics(registry prometheus.Registerer) metrics {
	with := promauto.With(registry)
	return metrics{
		issued: with.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_challenge_issued_total", Help: "Challenges given to visitors, by grade and difficulty.",
		}, []string{"grade", "band"}),
		results: with.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_challenge_redeemed_total", Help: "Answers to challenges, by grade, difficulty and result.",
		}, []string{"grade", "band", "result"}),
		codes: with.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_challenge_codes_total", Help: "Codes by text message that challenged visitors asked for, by result.",
		}, []string{"result"}),
		took: with.NewHistogramVec(prometheus.HistogramOpts{
			Name: "fairgate_challenge_solve_seconds", Help: "From giving a challenge to its right answer.",
			Buckets: []float64{.1, .25, .5, 1, 2, 4, 8, 16, 32, 64, 128, 256},
		}, []string{"grade", "band"}),
	}
}

// answered counts one answer.
func (m metrics) answered(grade Grade, band string, err error, took time.Duration) {
	m.results.WithLabelValues(string(grade), band, result(err)).Inc()
	if err == nil {
		m.took.WithLabelValues(string(grade), band).Observe(took.Seconds())
	}
}

// result is the metric label of an error.
func result(err error) string {
	for name, known := range map[string]error{
		"bad": ErrBadPayload, "expired": ErrExpired, "spent": ErrSpent, "foreign": ErrForeign, "scope": ErrBadScope,
		"nobody": ErrNobody, "ticket": ErrBadTicket, "wrong_code": ErrWrongCode, "limited": ErrCodeLimit,
		"no_phone": ErrNoPhone,
	} {
		if errors.Is(err, known) {
			return name
		}
	}
	if err != nil {
		return "error"
	}
	return "passed"
}
