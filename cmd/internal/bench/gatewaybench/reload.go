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
// at full speed requests wait for each other anyway: what waits for the reload
// is the difference.
func (r *run) reload(ctx context.Context) error {
	r.say("reloading 1,000 rules under load, %d times", r.o.Reloads)
	part := r.rig.parts[Screened1000]
	var quiet, busy sample
	for i := range r.o.Reloads {
		length, err := r.reloadOnce(ctx, r.o.Seed+uint64(i)+1, &busy)
		if err != nil {
			return err
		}
		quiet.add(r.load.closed(ctx, part.addr, mostConnections, length))
		if err := r.rig.settle(ctx, Screened1000); err != nil {
			return err
		}
	}
	r.report.Reload = reloadOf(&quiet, &busy)
	return nil
}

// reloadOnce publishes the ruleset of a seed under full load, and ends the load
// when the gateway has it in force.
func (r *run) reloadOnce(ctx context.Context, seed uint64, busy *sample) (time.Duration, error) {
	document, err := Ruleset(1000, seed)
	if err != nil {
		return 0, err
	}
	before, err := r.rig.scrape(ctx, Screened1000)
	if err != nil {
		return 0, err
	}
	driving, stop := context.WithTimeout(ctx, reloadTime)
	defer stop()
	done := make(chan *sample, 1)
	go func() { done <- r.load.closed(driving, r.rig.parts[Screened1000].addr, mostConnections, reloadTime) }()
	err = r.rig.publish(Screened1000, document)
	reloaded := false
	for err == nil && !reloaded && driving.Err() == nil {
		bench.Pause(driving, 100*time.Millisecond)
		var now map[string]float64
		now, err = r.rig.scrape(ctx, Screened1000)
		reloaded = now[loads] > before[loads]
	}
	stop()
	s := <-done
	busy.add(s)
	if err == nil && !reloaded {
		err = fmt.Errorf("reload: the ruleset was not in force after %s", reloadTime)
	}
	return s.elapsed, err
}

// loads counts what the rules' source loaded or refused.
const loads = "fairgate_rules_source_reloads_total"

// Reload is how requests fared while rules were exchanged beneath them.
type Reload struct {
	Requests int `json:"reload_requests"` // in the stretches with a reload
	Failed   int `json:"reload_failed"`
	// MaxMs is how much longer the slowest request took in the stretches with
	// a reload than in those without, P99Ms the same of the 99th percentile;
	// 0 where it took no longer.
	MaxMs float64 `json:"reload_max_ms"`
	P99Ms float64 `json:"reload_p99_ms"`
	// The slowest of each.
	WithMs    float64 `json:"reload_slowest_ms"`
	WithoutMs float64 `json:"reload_slowest_without_ms"`
}

func reloadOf(quiet, busy *sample) Reload {
	r := Reload{Requests: busy.requests, Failed: busy.failed, WithMs: bench.QuantileMs(busy.latencies, 1), WithoutMs: bench.QuantileMs(quiet.latencies, 1)}
	r.MaxMs = max(0, r.WithMs-r.WithoutMs)
	r.P99Ms = max(0, bench.QuantileMs(busy.latencies, 0.99)-bench.QuantileMs(quiet.latencies, 0.99))
	return r
}
