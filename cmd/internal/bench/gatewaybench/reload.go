package gatewaybench

import (
	"context"
	"fmt"
	"time"

	"fairgate/cmd/internal/bench"
)

// reloadTime is how long a published ruleset may take to be in force.
const reloadTime = 15 * time.Second

// reload runs 1,000 rules at full speed and publishes a new version again and
// again. Stretches with a reload take turns with as long ones without, because
// at full speed requests wait for each other anyway, and for whatever else the
// machine does: what waits for the reload is the difference.
func (r *run) reload(ctx context.Context) error {
	r.say("reloading 1,000 rules under load, %d times", r.o.Reloads)
	var pairs []reloadPair
	for i := range r.o.Reloads {
		var p reloadPair
		var err error
		if p.busy, err = r.reloadOnce(ctx, r.o.Seed+uint64(i)+1); err != nil {
			return err
		}
		if p.quiet, err = r.quietFor(ctx, p.busy.elapsed); err != nil {
			return err
		}
		pairs = append(pairs, p)
		if err := r.rig.settle(ctx, Screened1000); err != nil {
			return err
		}
	}
	r.report.Reload = reloadOf(pairs)
	return nil
}

// reloadPair is a stretch with a reload, and one as long without.
type reloadPair struct{ busy, quiet *sample }

// reloadOnce publishes the ruleset of a seed under full load, and ends the load
// when the gateway has it in force.
func (r *run) reloadOnce(ctx context.Context, seed uint64) (*sample, error) {
	document, err := Ruleset(1000, seed)
	if err != nil {
		return nil, err
	}
	before, err := r.rig.scrape(ctx, Screened1000)
	if err != nil {
		return nil, err
	}
	if err := r.rig.publish(Screened1000, document); err != nil {
		return nil, err
	}
	reloaded := false
	s, err := r.watched(ctx, reloadTime, func(now map[string]float64) bool {
		reloaded = now[loads] > before[loads]
		return reloaded
	})
	if err == nil && !reloaded {
		err = fmt.Errorf("reload: the ruleset was not in force after %s", reloadTime)
	}
	return s, err
}

// quietFor is the same load, looked at as often, with nothing published.
func (r *run) quietFor(ctx context.Context, d time.Duration) (*sample, error) {
	return r.watched(ctx, d, func(map[string]float64) bool { return false })
}

// watched loads the gateway of 1,000 rules fully for d, or until its metrics,
// read every so often, are what enough waits for.
func (r *run) watched(ctx context.Context, d time.Duration, enough func(map[string]float64) bool) (*sample, error) {
	driving, stop := context.WithTimeout(ctx, d)
	defer stop()
	done := make(chan *sample, 1)
	go func() { done <- r.load.closed(driving, r.rig.parts[Screened1000].addr, mostConnections, d) }()
	var err error
	for ended := false; err == nil && !ended && driving.Err() == nil; {
		bench.Pause(driving, 100*time.Millisecond)
		var now map[string]float64
		now, err = r.rig.scrape(ctx, Screened1000)
		ended = err == nil && enough(now)
	}
	stop()
	return <-done, err
}

// loads counts what the rules' source loaded or refused.
const loads = "fairgate_rules_source_reloads_total"

// Reload is how requests fared while rules were exchanged beneath them.
type Reload struct {
	Requests int `json:"reload_requests"` // in the stretches with a reload
	Failed   int `json:"reload_failed"`
	// MaxMs is how much longer the slowest request took with a reload than in
	// the stretch without that followed it, P99Ms the same of the 99th
	// percentile: the median of the pairs, 0 where it took no longer. A single
	// pair says little, because the slowest of thousands of requests is mostly
	// the machine's doing.
	MaxMs float64 `json:"reload_max_ms"`
	P99Ms float64 `json:"reload_p99_ms"`
	// The slowest of each: the medians, and of all.
	WithMs          float64 `json:"reload_slowest_ms"`
	WithoutMs       float64 `json:"reload_slowest_without_ms"`
	WorstMs         float64 `json:"reload_worst_ms"`
	WorstWithoutMs  float64 `json:"reload_worst_without_ms"`
	OverFiveMs      float64 `json:"reload_over_5ms"`         // share of requests that took 5 ms longer than the median
	OverFiveWithout float64 `json:"reload_over_5ms_without"` // the same without a reload
}

func reloadOf(pairs []reloadPair) Reload {
	var r Reload
	var more, p99, with, without []float64
	var busy, quiet sample
	for _, p := range pairs {
		w, wo := bench.QuantileMs(p.busy.latencies, 1), bench.QuantileMs(p.quiet.latencies, 1)
		with, without, more = append(with, w), append(without, wo), append(more, w-wo)
		p99 = append(p99, bench.QuantileMs(p.busy.latencies, 0.99)-bench.QuantileMs(p.quiet.latencies, 0.99))
		busy.add(p.busy)
		quiet.add(p.quiet)
	}
	r.Requests, r.Failed = busy.requests, busy.failed
	r.MaxMs, r.P99Ms = max(0, median(more)), max(0, median(p99))
	r.WithMs, r.WithoutMs = median(with), median(without)
	r.WorstMs, r.WorstWithoutMs = bench.QuantileMs(busy.latencies, 1), bench.QuantileMs(quiet.latencies, 1)
	r.OverFiveMs, r.OverFiveWithout = overMedian(busy.latencies), overMedian(quiet.latencies)
	return r
}

// overMedian is the share of latencies more than 5 ms above their median.
func overMedian(latencies []time.Duration) float64 {
	limit, n := bench.QuantileMs(latencies, 0.5)+5, 0
	for _, l := range latencies {
		if float64(l)/float64(time.Millisecond) > limit {
			n++
		}
	}
	return div(float64(n), float64(len(latencies)))
}
