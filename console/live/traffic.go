package live

import (
	"slices"
	"time"

	"fairgate/ingest"
	"fairgate/ingest/pulse"
)

// Window is over how many seconds the hostile share and the latencies are taken.
const Window = 10

// fresh is how old a gateway's sign of life may be to count.
const fresh = 3 * time.Second

// Traffic is what all gateways did in the last second or so.
type Traffic struct {
	AsOf     time.Time `json:"as_of" doc:"The newest sign of life that is counted, by that gateway's clock"`
	Gateways int       `json:"gateways" doc:"How many gateways are counted; those whose last sign of life is older than 3 s are not"`
	Requests float64   `json:"requests_per_second" doc:"Screened requests"`
	Verdicts Verdicts  `json:"verdicts_per_second"`
	// Malformed requests never come as far as a verdict.
	Malformed float64  `json:"malformed_per_second" doc:"Requests refused for their form, before screening; not among the others"`
	Hostile   *float64 `json:"hostile_share" doc:"Estimate: challenged and blocked requests by all screened ones of the last 10 s, 0 to 1. It is what the rules did, not what turned out to be true, and counts requests, not people. Null without requests"`
	Screening Latency  `json:"screening"`
}

// Verdicts are requests by what was done with them.
type Verdicts struct {
	Allow     float64 `json:"allow"`
	Challenge float64 `json:"challenge"`
	Flag      float64 `json:"flag"`
	Block     float64 `json:"block"`
}

// Latency is how long screening took in the last 10 s.
type Latency struct {
	P50      *float64 `json:"p50_ms" doc:"Median, interpolated within its histogram bucket; null without requests"`
	P99      *float64 `json:"p99_ms" doc:"As p50; at the largest bucket's bound it means at least that"`
	Deadline float64  `json:"deadline_ms" doc:"What screening may take before the route's fail mode answers; the smallest of all gateways"`
}

// Meter turns signs of life into Traffic. It is for one goroutine at a time.
type Meter struct {
	seen   map[string]seen
	window []second // the newest last
}

// seen is a gateway's last record, and what it did in the time before that.
type seen struct {
	record pulse.Record
	rate   pulsed // per second
	known  bool   // there is a rate
}

// pulsed is what was counted between two records, or per second.
type pulsed struct {
	verdicts  [4]float64 // by severity
	malformed float64
}

// second is what became known with one look.
type second struct {
	all, hostile float64
	bounds       []float64
	counts       []float64
}

// NewMeter makes one that has seen nothing yet.
func NewMeter() *Meter { return &Meter{seen: map[string]seen{}} }

// Look takes the last record of every process in and gives what the gateways do
// now; nil while no gateway is known twice. Call it about once a second.
func (m *Meter) Look(records []pulse.Record, now time.Time) *Traffic {
	var t Traffic
	var moment second
	var total pulsed
	live := map[string]bool{}
	for _, r := range records {
		if r.Edge == nil || now.Sub(r.At).Abs() > fresh {
			continue
		}
		live[r.Name] = true
		g := m.advance(r, &moment)
		m.seen[r.Name] = g
		if !g.known {
			continue
		}
		t.Gateways++
		for i, rate := range g.rate.verdicts {
			total.verdicts[i] += rate
		}
		total.malformed += g.rate.malformed
		if r.At.After(t.AsOf) {
			t.AsOf = r.At
		}
		if d := r.Edge.DeadlineMillis; t.Screening.Deadline == 0 || d < t.Screening.Deadline {
			t.Screening.Deadline = d
		}
	}
	for name := range m.seen {
		if !live[name] {
			delete(m.seen, name)
		}
	}
	m.window = append(m.window, moment)
	m.window = m.window[max(0, len(m.window)-Window):]
	if t.Gateways == 0 {
		return nil
	}
	v := total.verdicts
	t.Verdicts = Verdicts{Allow: v[0], Flag: v[1], Challenge: v[2], Block: v[3]}
	t.Requests, t.Malformed = v[0]+v[1]+v[2]+v[3], total.malformed
	m.overWindow(&t)
	return &t
}

// advance compares a gateway's record with the one before, and adds what lies
// between to the moment.
func (m *Meter) advance(r pulse.Record, moment *second) seen {
	before, ok := m.seen[r.Name]
	span := r.At.Sub(before.record.At).Seconds()
	switch {
	case !ok || before.record.Boot != r.Boot || before.record.Edge == nil:
		return seen{record: r}
	case span <= 0:
		return before // it has not spoken again yet
	}
	var done pulsed
	for action, n := range r.Edge.Verdicts {
		if severity := ingest.Action(action).Severity(); severity >= 0 {
			count := float64(n) - float64(before.record.Edge.Verdicts[action])
			done.verdicts[severity] += max(0, count)
		}
	}
	done.malformed = max(0, float64(r.Edge.Malformed)-float64(before.record.Edge.Malformed))
	for i, count := range done.verdicts {
		moment.all += count
		if i >= ingest.Challenge.Severity() {
			moment.hostile += count
		}
		done.verdicts[i] = count / span
	}
	done.malformed /= span
	moment.time(before.record.Edge.Screening, r.Edge.Screening)
	return seen{record: r, rate: done, known: true}
}

// time adds what was measured between two histograms. Gateways of different
// versions may have different bounds; the first one's are taken.
func (s *second) time(before, after pulse.Histogram) {
	if s.bounds == nil {
		s.bounds, s.counts = after.Bounds, make([]float64, len(after.Counts))
	}
	if !slices.Equal(s.bounds, after.Bounds) || len(before.Counts) != len(after.Counts) {
		return
	}
	for i, n := range after.Counts {
		s.counts[i] += max(0, float64(n)-float64(before.Counts[i]))
	}
}

// overWindow takes the figures that one second is too short for.
func (m *Meter) overWindow(t *Traffic) {
	var sum second
	for _, s := range m.window {
		sum.all, sum.hostile = sum.all+s.all, sum.hostile+s.hostile
		if sum.bounds == nil && s.bounds != nil {
			sum.bounds, sum.counts = s.bounds, make([]float64, len(s.counts))
		}
		if slices.Equal(sum.bounds, s.bounds) {
			for i, n := range s.counts {
				sum.counts[i] += n
			}
		}
	}
	if sum.all > 0 {
		share := sum.hostile / sum.all
		t.Hostile = &share
	}
	t.Screening.P50, t.Screening.P99 = sum.quantile(.5), sum.quantile(.99)
}

// quantile interpolates within the bucket, in milliseconds; nil of nothing.
func (s second) quantile(q float64) *float64 {
	total := 0.0
	for _, n := range s.counts {
		total += n
	}
	if total == 0 || len(s.bounds) == 0 {
		return nil
	}
	rank, below, lower := q*total, 0.0, 0.0
	value := s.bounds[len(s.bounds)-1]
	for i, bound := range s.bounds {
		if n := s.counts[i]; below+n >= rank && n > 0 {
			value = lower + (bound-lower)*(rank-below)/n
			break
		}
		below, lower = below+s.counts[i], bound
	}
	value *= 1000
	return &value
}
