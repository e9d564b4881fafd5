package gatewaybench

import (
	"slices"
	"time"

	"fairgate/cmd/internal/bench"
)

// Variant is what stands between the load and the upstream.
type Variant string

// The variants, in the order in which each round measures them.
const (
	Bare         Variant = "bare"           // a reverse proxy and nothing else
	OneRoundTrip Variant = "one_round_trip" // the same after one command to Redis
	Screened100  Variant = "screened_100"   // the gateway, 15 features, 100 rules
	Screened1000 Variant = "screened_1000"  // the same with 1,000 rules
	Degraded     Variant = "degraded"       // screened_100 without its Redis
)

// Variants lists every Variant.
func Variants() []Variant { return []Variant{Bare, OneRoundTrip, Screened100, Screened1000, Degraded} }

// Loop is how the load is driven.
type Loop string

// The loops.
const (
	LoopClosed Loop = "closed" // as fast as answers come, over a number of connections
	LoopOpen   Loop = "open"   // at a fixed rate
)

// cellKey names a cell: which load on which variant.
type cellKey struct {
	variant Variant
	loop    Loop
	load    int // connections, or requests a second
}

// measure is one round of one cell: what the load saw, and what the processes
// spent meanwhile.
type measure struct {
	sample
	spent
}

// spent is what the processes have spent, so far or in a stretch.
type spent struct {
	part, upstream, kafka time.Duration // CPU
	load                  time.Duration // CPU of this process
	redis                 redisFigures
	mallocs               float64 // of the part, where it tells
	degraded              float64 // requests counted locally
	syncs, synced         float64 // how often the journal waited for the disk, and how long, in seconds
}

func (s spent) plus(o spent) spent {
	return spent{
		part: s.part + o.part, upstream: s.upstream + o.upstream, kafka: s.kafka + o.kafka, load: s.load + o.load,
		redis:   redisFigures{cpu: s.redis.cpu + o.redis.cpu, commands: s.redis.commands + o.redis.commands},
		mallocs: s.mallocs + o.mallocs, degraded: s.degraded + o.degraded, syncs: s.syncs + o.syncs, synced: s.synced + o.synced,
	}
}

func (s spent) minus(o spent) spent {
	return spent{
		part: s.part - o.part, upstream: s.upstream - o.upstream, kafka: s.kafka - o.kafka, load: s.load - o.load,
		redis:   redisFigures{cpu: s.redis.cpu - o.redis.cpu, commands: s.redis.commands - o.redis.commands},
		mallocs: s.mallocs - o.mallocs, degraded: s.degraded - o.degraded, syncs: s.syncs - o.syncs, synced: s.synced - o.synced,
	}
}

// whole is the CPU time of all processes.
func (s *spent) whole() time.Duration { return s.part + s.upstream + s.kafka + s.load + s.redis.cpu }

// Cell is one line of the report: all rounds of a variant under one load.
type Cell struct {
	Variant Variant `json:"variant"`
	Loop    Loop    `json:"loop"`
	// Connections of the closed loop, or Rate of the open one, a second.
	Connections int `json:"connections,omitempty"`
	Rate        int `json:"rate,omitempty"`
	Rounds      int `json:"rounds"`
	Requests    int `json:"requests"`
	Refused     int `json:"refused"` // answered 403 by screening
	Failed      int `json:"failed"`
	// Throughput is the median of the rounds, a second; P50Ms and P99Ms are of
	// all requests of all rounds.
	Throughput float64 `json:"throughput"`
	P50Ms      float64 `json:"p50_ms"`
	P99Ms      float64 `json:"p99_ms"`
	// CPU time for one request in microseconds, of the part itself and of the
	// others. What Kafka spends after the cell's end is left out.
	CPUUs         float64 `json:"cpu_us"`
	RedisCPUUs    float64 `json:"redis_cpu_us"`
	KafkaCPUUs    float64 `json:"kafka_cpu_us"`
	UpstreamCPUUs float64 `json:"upstream_cpu_us"`
	LoadCPUUs     float64 `json:"load_cpu_us"`
	// RedisCommands and Mallocs are for one request; Degraded is the share of
	// requests that were counted without Redis.
	RedisCommands float64 `json:"redis_commands"`
	Mallocs       float64 `json:"mallocs,omitempty"`
	Degraded      float64 `json:"degraded"`
	// FsyncMs is what the journal's disk took on average for one group of
	// intents, which every booking waits for.
	FsyncMs float64 `json:"fsync_ms"`
	// Ratio, CPURatio, P50Ratio and P99Ratio are to the bare proxy under the
	// same load, the first two as the median over the rounds.
	Ratio    float64 `json:"ratio"`
	CPURatio float64 `json:"cpu_ratio"`
	// WholeRatio is the bare proxy's CPU time for one request by this one's,
	// all processes together: what Ratio would be if nothing but these
	// processes had used the machine and none had waited for its disk.
	WholeRatio float64 `json:"whole_ratio"`
	P50Ratio   float64 `json:"p50_ratio"`
	P99Ratio   float64 `json:"p99_ratio"`
}

// cellOf folds the rounds of a cell; bare are the bare proxy's rounds under the
// same load.
func cellOf(key cellKey, rounds, bare []measure) Cell {
	c := Cell{Variant: key.variant, Loop: key.loop, Rounds: len(rounds)}
	if key.loop == LoopClosed {
		c.Connections = key.load
	} else {
		c.Rate = key.load
	}
	var total measure
	var throughput, ratio, cpu, whole []float64
	for i := range rounds {
		m := &rounds[i]
		total.add(&m.sample)
		total.spent = total.plus(m.spent)
		throughput = append(throughput, m.throughput())
		if i < len(bare) {
			ratio = append(ratio, div(m.throughput(), bare[i].throughput()))
			cpu = append(cpu, div(m.perRequest(m.part), bare[i].perRequest(bare[i].part)))
			whole = append(whole, div(bare[i].perRequest(bare[i].whole()), m.perRequest(m.whole())))
		}
	}
	n := float64(total.requests)
	c.Requests, c.Refused, c.Failed = total.requests, total.refused, total.failed
	c.Throughput, c.Ratio, c.CPURatio, c.WholeRatio = median(throughput), median(ratio), median(cpu), median(whole)
	c.P50Ms, c.P99Ms = bench.QuantileMs(total.latencies, 0.5), bench.QuantileMs(total.latencies, 0.99)
	c.CPUUs, c.RedisCPUUs = total.perRequest(total.part), total.perRequest(total.redis.cpu)
	c.KafkaCPUUs, c.UpstreamCPUUs, c.LoadCPUUs = total.perRequest(total.kafka), total.perRequest(total.upstream), total.perRequest(total.load)
	c.RedisCommands, c.Mallocs, c.Degraded = div(float64(total.redis.commands), n), div(total.mallocs, n), div(total.degraded, n)
	c.FsyncMs = 1000 * div(total.synced, total.syncs)
	var other []time.Duration
	for i := range bare {
		other = append(other, bare[i].latencies...)
	}
	c.P50Ratio, c.P99Ratio = div(c.P50Ms, bench.QuantileMs(other, 0.5)), div(c.P99Ms, bench.QuantileMs(other, 0.99))
	return c
}

// perRequest is a time's share of one request, in microseconds.
func (s *sample) perRequest(d time.Duration) float64 {
	return div(float64(d)/float64(time.Microsecond), float64(s.requests))
}

// div is 0 where there is nothing to divide by: a figure that was not measured.
func div(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// median of nothing is 0.
func median(list []float64) float64 {
	if len(list) == 0 {
		return 0
	}
	list = slices.Sorted(slices.Values(list))
	mid := len(list) / 2
	if len(list)%2 == 1 {
		return list[mid]
	}
	return (list[mid-1] + list[mid]) / 2
}
