package gatewaybench

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// Machine is where it was measured.
type Machine struct {
	Cores int    `json:"cores"`
	Go    string `json:"go"`
	Redis string `json:"redis"`
}

// Report is what was measured. The headline figures are those of 64
// connections in a closed loop.
type Report struct {
	Machine Machine `json:"machine"`
	Seconds float64 `json:"seconds"` // that it took
	// Ratio is a variant's throughput by the bare proxy's; CPURatio the CPU
	// time of one request, by the bare proxy's.
	Ratio    map[Variant]float64 `json:"ratio"`
	CPURatio map[Variant]float64 `json:"cpu_ratio"`
	// WholeRatio is as in Cell: the ratio by the CPU time of all processes,
	// which neither the machine's other work nor its disk disturbs.
	WholeRatio map[Variant]float64 `json:"whole_ratio"`
	// Of screened_100: Redis's CPU time in microseconds and its commands for
	// one decision, the gateway's allocations for one request, the share of
	// requests that a rule refused, and the share counted without Redis (a
	// figure above 0 means that the ratio is not the full path's).
	RedisCPUUs    float64 `json:"redis_cpu_us"`
	RedisCommands float64 `json:"redis_commands"`
	Mallocs       float64 `json:"mallocs"`
	Refused       float64 `json:"refused"`
	Degraded      float64 `json:"degraded"`
	FsyncMs       float64 `json:"fsync_ms"` // of the journal's disk
	// RuleNs and RuleAllocs are one rule's, evaluated in the process.
	RuleNs     float64 `json:"rule_ns"`
	RuleAllocs float64 `json:"rule_allocs"`
	// EdgeEscape is the share of EdgeTries bursts of one event too many that
	// no rule noticed.
	EdgeEscape float64 `json:"edge_escape"`
	EdgeTries  int     `json:"edge_tries"`
	Reload
	Failed int    `json:"failed"` // requests of all cells without a usable answer
	Cells  []Cell `json:"cells"`
}

// Table writes it for people.
func (r *Report) Table(out io.Writer) error {
	t := tabwriter.NewWriter(out, 0, 8, 2, ' ', tabwriter.AlignRight)
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(t, format+"\t\n", args...) }
	line("load\tvariant\trequests/s\tp50 ms\tp99 ms\tCPU µs\tRedis µs\tratio: throughput\tp50\tp99\tCPU\trefused\tfailed")
	last := ""
	for _, c := range r.Cells {
		load := fmt.Sprintf("%d connections", c.Connections)
		if c.Loop == LoopOpen {
			load = fmt.Sprintf("%d/s", c.Rate)
		}
		if load != last && last != "" {
			line("\t\t\t\t\t\t\t\t\t\t\t\t")
		}
		last = load
		line("%s\t%s\t%.0f\t%.2f\t%.2f\t%.0f\t%.0f\t%.2f\t%.2f\t%.2f\t%.2f\t%d\t%d",
			load, c.Variant, c.Throughput, c.P50Ms, c.P99Ms, c.CPUUs, c.RedisCPUUs, c.Ratio, c.P50Ratio, c.P99Ratio, c.CPURatio, c.Refused, c.Failed)
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	if err := r.costs(out); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, `
At %d connections, by the bare proxy:
  one round trip %.2f   screened, 100 rules %.2f   1,000 rules %.2f   degraded %.2f
  by the CPU time of all processes together: %.2f   %.2f   %.2f   %.2f
A decision: %.0f µs of Redis in %.1f commands; %.0f allocations in the gateway; %.2f %% refused, %.2f %% counted without Redis; the journal's disk took %.1f ms.
A rule: %.1f ns, %.3f allocations.
A burst at a window's edge escaped in %.2f %% of %d tries.
Reload of 1,000 rules under load: %d requests, %d failed; the slowest took %.1f ms and without a reload %.1f ms (medians).
  Above the stretches before and after without one (medians): the slowest %+.1f ms (two without one differ by %.1f ms); the 99.9th percentile %+.1f ms; the 99th %+.1f ms.
  The slowest of all %.1f ms, without %.1f ms; more than 5 ms above the median %.2f %% of the requests, without %.2f %%.
%d cores, %s, Redis %s, %.0f s in all.
`, mostConnections, r.Ratio[OneRoundTrip], r.Ratio[Screened100], r.Ratio[Screened1000], r.Ratio[Degraded],
		r.WholeRatio[OneRoundTrip], r.WholeRatio[Screened100], r.WholeRatio[Screened1000], r.WholeRatio[Degraded],
		r.RedisCPUUs, r.RedisCommands, r.Mallocs, 100*r.Refused, 100*r.Degraded, r.FsyncMs, r.RuleNs, r.RuleAllocs,
		100*r.EdgeEscape, r.EdgeTries, r.Requests, r.Reload.Failed, r.WithMs, r.WithoutMs, r.MaxMs, r.NoiseMs, r.P999Ms, r.P99Ms,
		r.WorstMs, r.WorstWithoutMs, 100*r.OverFiveMs, 100*r.OverFiveWithout,
		r.Machine.Cores, r.Machine.Go, r.Machine.Redis, r.Seconds)
	if err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}

// costs writes where the CPU time of a request goes, at the most connections.
func (r *Report) costs(out io.Writer) error {
	t := tabwriter.NewWriter(out, 0, 8, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(t, "\nCPU µs of a request\tproxy or gateway\tRedis\tKafka\tupstream\tload\ttogether\t")
	for _, c := range r.Cells {
		if c.Loop == LoopClosed && c.Connections == mostConnections {
			_, _ = fmt.Fprintf(t, "%s\t%.0f\t%.0f\t%.0f\t%.0f\t%.0f\t%.0f\t\n", c.Variant, c.CPUUs, c.RedisCPUUs, c.KafkaCPUUs, c.UpstreamCPUUs,
				c.LoadCPUUs, c.CPUUs+c.RedisCPUUs+c.KafkaCPUUs+c.UpstreamCPUUs+c.LoadCPUUs)
		}
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}
