package gatewaybench

import (
	"context"
	"fmt"
	"math"
	"time"

	"fairgate/cmd/internal/bench"
)

// reloadTime is how long a published ruleset may take to be in force.
const reloadTime = 15 * time.Second

// leastStretch is how long a stretch of load takes at least. A reload is in
// force sooner, and what the first and last moments do to a stretch should be
// little of it.
const leastStretch = 2 * time.Second

// reload runs 1,000 rules at full speed and publishes a new version again and
// again: stretches with a reload stand between as long ones without, because
// at full speed requests wait for each other anyway, and for whatever else the
// machine does: what waits for the reload is the difference.
func (r *run) reload(ctx context.Context) error {
	r.say("reloading 1,000 rules under load, %d times", r.o.Reloads)
	quiet, err := r.quietFor(ctx, leastStretch)
	if err != nil {
		return err
	}
	var trials []reloadTrial
	for i := range r.o.Reloads {
		t := reloadTrial{before: quiet}
		if t.busy, err = r.reloadOnce(ctx, r.o.Seed+uint64(i)+1); err != nil {
			return err
		}
		if err := r.rig.settle(ctx, Screened1000); err != nil {
			return err
		}
		if quiet, err = r.quietFor(ctx, t.busy.elapsed); err != nil {
			return err
		}
		if err := r.rig.settle(ctx, Screened1000); err != nil {
			return err
		}
		t.after = quiet
		trials = append(trials, t)
	}
	r.report.Reload = reloadOf(trials)
	return nil
}

// reloadTrial is a stretch with a reload between two without, each the next
// one's neighbour as well.
type reloadTrial struct{ before, busy, after *sample }

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
	reloaded, begin := false, time.Now()
	s, err := r.watched(ctx, reloadTime, func(now map[string]float64) bool {
		reloaded = now[loads] > before[loads]
		return reloaded && time.Since(begin) >= leastStretch
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

// Reload is how requests fared while rules were exchanged beneath them. Each
// reload is a trial: a stretch of load with it, between two as long ones
// without. The extra wait of a trial is what its stretch shows above the mean of
// its neighbours, which takes out what drifts; a figure is the median of the
// trials, with its sign, because the slowest of thousands of requests is mostly
// the machine's doing and a reload can as well seem to have helped. How far such
// a figure can be trusted tells NoiseMs.
type Reload struct {
	Requests int `json:"reload_requests"` // in the stretches with a reload
	Failed   int `json:"reload_failed"`
	// MaxMs is the extra wait of the slowest request, P999Ms and P99Ms those of
	// the 99.9th and the 99th percentile.
	MaxMs  float64 `json:"reload_max_ms"`
	P999Ms float64 `json:"reload_p999_ms"`
	P99Ms  float64 `json:"reload_p99_ms"`
	// NoiseMs is by how much the slowest requests of two neighbours without a
	// reload differ, the median of the trials: less than that is no finding.
	NoiseMs float64 `json:"reload_noise_ms"`
	// The slowest of each: the medians, and of all; there are about twice as
	// many requests without a reload as with one.
	WithMs          float64 `json:"reload_slowest_ms"`
	WithoutMs       float64 `json:"reload_slowest_without_ms"`
	WorstMs         float64 `json:"reload_worst_ms"`
	WorstWithoutMs  float64 `json:"reload_worst_without_ms"`
	OverFiveMs      float64 `json:"reload_over_5ms"`         // share of requests that took 5 ms longer than the median
	OverFiveWithout float64 `json:"reload_over_5ms_without"` // the same without a reload
}

func reloadOf(trials []reloadTrial) Reload {
	var r Reload
	var noise, with, without []float64
	var busy, quiet sample
	for _, t := range trials {
		before, after := bench.QuantileMs(t.before.latencies, 1), bench.QuantileMs(t.after.latencies, 1)
		with, without = append(with, bench.QuantileMs(t.busy.latencies, 1)), append(without, before, after)
		noise = append(noise, math.Abs(before-after))
		busy.add(t.busy)
		quiet.add(t.before)
		quiet.add(t.after)
	}
	r.Requests, r.Failed = busy.requests, busy.failed
	r.MaxMs, r.P999Ms, r.P99Ms = extra(trials, 1), extra(trials, 0.999), extra(trials, 0.99)
	r.NoiseMs, r.WithMs, r.WithoutMs = median(noise), median(with), median(without)
	r.WorstMs, r.WorstWithoutMs = bench.QuantileMs(busy.latencies, 1), bench.QuantileMs(quiet.latencies, 1)
	r.OverFiveMs, r.OverFiveWithout = overMedian(busy.latencies), overMedian(quiet.latencies)
	return r
}

// extra is by how much a quantile is higher with a reload, in milliseconds: the
// median of the trials.
func extra(trials []reloadTrial, quantile float64) float64 {
	var list []float64
	for _, t := range trials {
		around := (bench.QuantileMs(t.before.latencies, quantile) + bench.QuantileMs(t.after.latencies, quantile)) / 2
		list = append(list, bench.QuantileMs(t.busy.latencies, quantile)-around)
	}
	return median(list)
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
