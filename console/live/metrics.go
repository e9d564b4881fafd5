package live

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	listeners prometheus.Gauge
	dropped   *prometheus.CounterVec
	failed    prometheus.Counter
	frames    prometheus.Histogram
}

func newMetrics(r prometheus.Registerer) metrics {
	m := metrics{
		listeners: prometheus.NewGauge(prometheus.GaugeOpts{Name: "fairgate_live_listeners", Help: "Open streams of live figures."}),
		dropped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_live_dropped_total", Help: "Streams that the console ended, by reason.",
		}, []string{"reason"}),
		failed: prometheus.NewCounter(prometheus.CounterOpts{Name: "fairgate_live_failed_frames_total", Help: "Frames that could not be made."}),
		frames: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "fairgate_live_frame_seconds", Help: "Time to make a second's frames of all topics.",
			Buckets: prometheus.ExponentialBuckets(.0005, 2, 12),
		}),
	}
	r.MustRegister(m.listeners, m.dropped, m.failed, m.frames)
	return m
}
