package gatewaybench

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMedian(t *testing.T) {
	assert.Zero(t, median(nil))
	assert.InDelta(t, 2, median([]float64{9, 1, 2}), 0)
	assert.InDelta(t, 2.5, median([]float64{4, 1, 2, 3}), 0)
	assert.Zero(t, div(1, 0))
}

// round is a measured round of n requests in a second that cost cpu each.
func round(n int, cpu, took time.Duration) measure {
	m := measure{sample: sample{requests: n, elapsed: time.Second}, spent: spent{part: time.Duration(n) * cpu}}
	for range n {
		m.latencies = append(m.latencies, took)
	}
	return m
}

func TestCellsCompareRoundByRound(t *testing.T) {
	// The machine halved its speed after the first round, for both alike.
	bare := []measure{round(1000, 50*time.Microsecond, time.Millisecond), round(500, 50*time.Microsecond, time.Millisecond), round(500, 50*time.Microsecond, time.Millisecond)}
	rounds := []measure{round(400, 150*time.Microsecond, 3*time.Millisecond), round(200, 150*time.Microsecond, 3*time.Millisecond), round(150, 200*time.Microsecond, 3*time.Millisecond)}
	rounds[0].redis = redisFigures{cpu: 60 * time.Millisecond, commands: 15_000}
	rounds[0].refused, rounds[1].failed, rounds[2].degraded = 4, 100, 75
	rounds[0].syncs, rounds[0].synced, rounds[0].mallocs = 10, 0.04, 7500
	rounds[0].upstream, rounds[0].kafka = 7500*time.Microsecond, 15*time.Millisecond
	c := cellOf(cellKey{Screened100, LoopClosed, 64}, rounds, bare)
	assert.Equal(t, Cell{
		Variant: Screened100, Loop: LoopClosed, Connections: 64, Rounds: 3, Requests: 750, Refused: 4, Failed: 100,
		Throughput: 150, P50Ms: 3, P99Ms: 3, CPUUs: 160, RedisCPUUs: 80, KafkaCPUUs: 20, UpstreamCPUUs: 10,
		RedisCommands: 20, Mallocs: 10, Degraded: 0.1, FsyncMs: 4, Ratio: 0.3, CPURatio: 3, WholeRatio: 0.25, P50Ratio: 3, P99Ratio: 3,
	}, c, "the second round answered half of its requests")

	open := cellOf(cellKey{Bare, LoopOpen, 500}, bare, bare)
	assert.Equal(t, 500, open.Rate)
	assert.Zero(t, open.Connections)
	assert.InDelta(t, 1, open.Ratio, 0)
	assert.InDelta(t, 1, open.CPURatio, 0)
	assert.Zero(t, cellOf(cellKey{Degraded, LoopClosed, 1}, nil, nil).Ratio, "not measured")
}

func TestReloadIsTheDifference(t *testing.T) {
	before, busy, after := round(100, 0, 10*time.Millisecond), round(100, 0, 10*time.Millisecond), round(100, 0, 10*time.Millisecond)
	before.latencies[5], after.latencies[5] = 11*time.Millisecond, 13*time.Millisecond
	busy.latencies[3], busy.failed = 15*time.Millisecond, 2
	hiccup := round(100, 0, 10*time.Millisecond) // the machine's, in a trial of its own
	hiccup.latencies[7] = 90 * time.Millisecond
	usual := reloadTrial{&before.sample, &busy.sample, &after.sample}
	r := reloadOf([]reloadTrial{usual, {&before.sample, &hiccup.sample, &after.sample}, usual})
	// Quantiles of a hundred lie between the slowest and the others.
	assert.InDelta(t, 3, r.MaxMs, 1e-9)
	assert.InDelta(t, 2, r.NoiseMs, 1e-9)
	assert.LessOrEqual(t, r.P999Ms, r.MaxMs)
	assert.LessOrEqual(t, r.P99Ms, r.P999Ms)
	r.P999Ms, r.P99Ms = 0, 0
	assert.Equal(t, Reload{
		Requests: 300, Failed: 4, MaxMs: 3, NoiseMs: 2, WithMs: 15, WithoutMs: 12, WorstMs: 90, WorstWithoutMs: 13, OverFiveMs: 1.0 / 300,
	}, r)
	assert.InDelta(t, -2, reloadOf([]reloadTrial{{&busy.sample, &after.sample, &busy.sample}}).MaxMs, 1e-9, "with its sign")
}

func TestReportNamesItsFigures(t *testing.T) {
	r := &Report{
		Ratio: map[Variant]float64{OneRoundTrip: 0.69, Screened100: 0.3, Screened1000: 0.25, Degraded: 0.7}, RedisCPUUs: 55, RuleNs: 20, EdgeEscape: 0.01,
		Reload: Reload{Failed: 1, MaxMs: 4}, Failed: 2,
		Cells: []Cell{{Variant: Bare, Loop: LoopClosed, Connections: 64, Throughput: 27_000}, {Variant: Bare, Loop: LoopOpen, Rate: 500, Throughput: 500}},
	}
	written, err := json.Marshal(r)
	require.NoError(t, err)
	var got map[string]any
	require.NoError(t, json.Unmarshal(written, &got))
	assert.Equal(t, map[string]any{"one_round_trip": 0.69, "screened_100": 0.3, "screened_1000": 0.25, "degraded": 0.7}, got["ratio"])
	for name, want := range map[string]float64{"redis_cpu_us": 55, "rule_ns": 20, "edge_escape": 0.01, "reload_failed": 1, "reload_max_ms": 4, "failed": 2} {
		assert.InDelta(t, want, got[name], 0, name)
	}
	var out bytes.Buffer
	require.NoError(t, r.Table(&out))
	for _, part := range []string{"64 connections", "27000", "500/s", "screened, 100 rules 0.30", "55 µs of Redis", "escaped in 1.00 %"} {
		assert.Contains(t, out.String(), part)
	}
}

func TestReadingWhatProcessesSpent(t *testing.T) {
	const stat = "4242 (a (strange) name) S 1 4242 4242 0 -1 4194560 1 2 3 4 150 50 6 7 20 0 9 0 100 1 2"
	cpu, err := parseStat(stat)
	require.NoError(t, err)
	assert.Equal(t, 2*time.Second, cpu)
	for _, bad := range []string{"", "4242 (name) S 1", "4242 (name) S 1 4242 4242 0 -1 4194560 1 2 3 4 x 50 6"} {
		_, err := parseStat(bad)
		require.Error(t, err, bad)
	}
	assert.Equal(t, map[string]string{"used_cpu_sys": "1.5", "redis_version": "7.0.15"},
		parseInfo("# CPU\r\nused_cpu_sys:1.5\r\n\r\nredis_version:7.0.15\r\n"))
	m, err := parseMetrics(bytes.NewBufferString("# HELP x y\nhits{rule=\"a b\"} 2\nhits{rule=\"c\"} 3\nplain 1e3\n\n"))
	require.NoError(t, err)
	assert.Equal(t, map[string]float64{"hits": 5, "plain": 1000}, m)
	_, err = parseMetrics(bytes.NewBufferString("hits{rule=\"a\"} many\n"))
	require.Error(t, err)
}
