package backtest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairgate/enforcement/backtest"
	"fairgate/enforcement/backtest/backtesttest"
	"fairgate/rules"
)

// BenchmarkBacktest is the figure of a run from memory: 20 features, 50 rules,
// alone and against another version. `fairgate bench backtest` measures the
// same from the ledger.
func BenchmarkBacktest(b *testing.B) {
	const n = 200_000
	memory := &backtesttest.Memory{Site: "museum"}
	for e := range backtesttest.Events(backtesttest.Traffic{Seed: 1}, n) {
		memory.List = append(memory.List, *e)
	}
	next := generated(b, 50, 1, 0.8)
	against := generated(b, 50, 2, 1)
	for _, versions := range []int{1, 2} {
		b.Run(fmt.Sprintf("versions=%d", versions), func(b *testing.B) {
			b.ReportAllocs()
			other := against
			if versions == 1 {
				other = nil
			}
			events := 0
			for b.Loop() {
				c, err := backtest.Compare(b.Context(), memory, next, other, backtest.Options{
					From: memory.List[0].Time, To: memory.List[n-1].Time.Add(time.Second),
				})
				require.NoError(b, err)
				events += int(c.Events)
			}
			b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(events), "ns/event")
		})
	}
}

func generated(t testing.TB, n int, seed uint64, strict float64) *rules.Program {
	t.Helper()
	p, err := rules.Load("bench.yaml", backtesttest.Ruleset(n, seed, strict), rules.Options{})
	require.NoError(t, err)
	return p
}
