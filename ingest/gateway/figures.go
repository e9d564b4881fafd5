package gateway

import (
	"math"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"fairgate/ingest/pulse"
)

// Figures are what the gateway has counted since it started. They are read off
// its metrics, so that requests pay nothing for them; call it about once a
// second.
func (g *Gateway) Figures() pulse.Edge {
	e := pulse.Edge{Verdicts: map[string]uint64{}, DeadlineMillis: float64(g.o.Deadline.Microseconds()) / 1000}
	read(g.metrics.requests, func(m *dto.Metric) {
		for _, label := range m.GetLabel() {
			if label.GetName() == "action" && label.GetValue() != "" {
				e.Verdicts[label.GetValue()] += uint64(m.GetCounter().GetValue())
			}
		}
	})
	read(g.metrics.refused, func(m *dto.Metric) { e.Malformed += uint64(m.GetCounter().GetValue()) })
	read(g.metrics.screening, func(m *dto.Metric) { e.Screening = histogram(m.GetHistogram()) })
	return e
}

// read gives every series of a collector as it stands.
func read(c prometheus.Collector, each func(*dto.Metric)) {
	series := make(chan prometheus.Metric)
	go func() {
		defer close(series)
		c.Collect(series)
	}()
	for one := range series {
		var m dto.Metric
		if one.Write(&m) == nil { // only metrics made wrong fail
			each(&m)
		}
	}
}

// histogram turns cumulative counts into those of each bucket.
func histogram(h *dto.Histogram) pulse.Histogram {
	var out pulse.Histogram
	below := uint64(0)
	for _, b := range h.GetBucket() {
		if math.IsInf(b.GetUpperBound(), 1) {
			break
		}
		out.Bounds = append(out.Bounds, b.GetUpperBound())
		out.Counts = append(out.Counts, b.GetCumulativeCount()-below)
		below = b.GetCumulativeCount()
	}
	out.Counts = append(out.Counts, h.GetSampleCount()-below)
	return out
}
