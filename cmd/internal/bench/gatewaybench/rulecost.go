package gatewaybench

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"time"

	"fairgate/ingest"
	"fairgate/rules"
)

// ruleCost evaluates the ruleset over events whose features lie around its
// thresholds, and gives the time of one rule in nanoseconds, the best of
// several rounds because noise only ever adds, and its allocations.
func ruleCost(document []byte, d time.Duration) (ns, allocs float64, err error) {
	program, err := rules.Load("bench.yaml", document, rules.Options{})
	if err != nil {
		return 0, 0, fmt.Errorf("generated ruleset: %w", err)
	}
	events, values := situations(program, 256)
	ev, matches := rules.NewEvaluator(), make([]rules.Match, 0, mostRules)
	count := float64(len(program.Ruleset().Rules))
	best := math.Inf(1)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	evaluated := 0
	for begin := time.Now(); time.Since(begin) < d; {
		round := time.Now()
		for i := range events {
			matches, err = program.Evaluate(ev, &events[i], values[i], rules.StageInline, rules.Acting, matches[:0])
			if err != nil {
				return 0, 0, fmt.Errorf("evaluate: %w", err)
			}
		}
		best = min(best, float64(time.Since(round))/float64(len(events))/count)
		evaluated += len(events)
	}
	runtime.ReadMemStats(&after)
	return best, float64(after.Mallocs-before.Mallocs) / float64(evaluated) / count, nil
}

// situations are orders of all sorts, from quiet visitors to busy scripts.
func situations(program *rules.Program, n int) ([]ingest.Event, [][]float64) {
	random := rand.New(rand.NewPCG(3, 3))
	usual := map[string]float64{}
	for _, f := range features() {
		usual[f.name] = f.usual
	}
	events, values := make([]ingest.Event, n), make([][]float64, n)
	for i := range n {
		places := 1 + random.IntN(3)
		events[i] = ingest.Event{
			ID: fmt.Sprint(i), Time: time.Date(2026, 7, 1, 1, 0, i, 0, time.UTC), Kind: ingest.KindOrderSubmit,
			Subject: ingest.Subject{Account: "a", Device: "d", Documents: make([]string, places)},
			Order:   ingest.Order{Pool: "main", Day: "2026-07-05", Positions: places},
		}
		for _, name := range program.Names() {
			values[i] = append(values[i], math.Round(usual[name]*math.Exp(3*random.Float64()-0.5)))
		}
	}
	return events, values
}
