package gatewaybench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"time"
)

// Options of a gateway benchmark. Exe and Out are required; the other zero
// values mean the defaults named.
type Options struct {
	Exe string    // the fairgate binary
	Out io.Writer // progress and the parts' errors

	Redis string // host:port; empty: a server of its own
	Kafka string // host:port; empty: the embedded broker in a process of its own

	Duration time.Duration // of one cell; 2 s
	Rounds   int           // of the closed loop at the most connections; 5
	Accounts int           // 20,000
	Requests int           // rendered; 65,536
	Rates    []int         // of the open loop, a second; 500 and 1,500
	Reloads  int           // of the ruleset under load; 8
	Seed     uint64        // 1
	Profile  string        // file for a CPU profile of screened_100 at the most connections, and with "."+variant of the other gateways
	Journals string        // directory of the gateways' journals; a temporary one
	// Only measures these against the bare proxy, in closed loops at the most
	// connections, and nothing else but the reload of screened_1000; nil:
	// everything.
	Only []Variant
}

// variants are those that the run measures, in the order of Variants.
func (o Options) variants() []Variant {
	if len(o.Only) == 0 {
		return Variants()
	}
	return slices.DeleteFunc(Variants(), func(v Variant) bool { return v != Bare && !slices.Contains(o.Only, v) })
}

func (o Options) withDefaults() Options {
	def := func(v *int, to int) {
		if *v <= 0 {
			*v = to
		}
	}
	def(&o.Rounds, 5)
	def(&o.Accounts, 20_000)
	def(&o.Requests, 1<<16)
	def(&o.Reloads, 8)
	if o.Duration <= 0 {
		o.Duration = 2 * time.Second
	}
	if len(o.Rates) == 0 {
		o.Rates = []int{500, 1500}
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
	return o
}

// mostConnections is where the ratios are judged.
const mostConnections = 64

// openSenders bounds how many requests of the open loop are under way.
const openSenders = 256

// edgeAlignments is at how many places of a window a burst begins.
const edgeAlignments = 240

// run is one benchmark under way.
type run struct {
	o      Options
	report *Report
	world  *world
	load   *load
	rig    *rig
	rounds map[cellKey][]measure
}

// Gateway measures. The report is complete where err is nil.
func Gateway(ctx context.Context, o Options) (report *Report, err error) {
	o = o.withDefaults()
	for _, v := range o.Only {
		if !slices.Contains(Variants(), v) {
			return nil, fmt.Errorf("variant %q: none of %v", v, Variants())
		}
	}
	begin := time.Now()
	dir, err := os.MkdirTemp(o.Journals, "fairgate-bench-gateway-")
	if err != nil {
		return nil, fmt.Errorf("temporary directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	memory, err := os.MkdirTemp(inMemory(), "fairgate-bench-gateway-")
	if err != nil {
		return nil, fmt.Errorf("temporary directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(memory)) }()
	keys := newSecrets()
	r := &run{o: o, report: &Report{Machine: Machine{Cores: runtime.NumCPU(), Go: runtime.Version()}}, rounds: map[cellKey][]measure{}}
	r.say("%d accounts, %d requests", o.Accounts, o.Requests)
	if r.world, err = newWorld(o.Accounts, o.Requests, o.Seed, keys); err != nil {
		return nil, err
	}
	r.load = &load{requests: r.world.requests}
	r.rig, err = newRig(ctx, dir, memory, o, keys)
	defer func() { err = errors.Join(err, r.rig.close()) }()
	if err != nil {
		return nil, err
	}
	r.report.Machine.Redis = r.rig.redis.version
	steps := []func(context.Context) error{r.warm, r.closedLoops, r.profile}
	if len(o.Only) == 0 {
		steps = append(steps, r.openLoops)
	}
	if slices.Contains(o.variants(), Screened1000) {
		steps = append(steps, r.reload)
	}
	if len(o.Only) == 0 {
		steps = append(steps, r.edge, r.rules)
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	r.fold()
	r.report.Seconds = time.Since(begin).Seconds()
	return r.report, nil
}

// inMemory is where a system keeps files in memory, or its place for temporary
// ones.
func inMemory() string {
	const shm = "/dev/shm"
	if info, err := os.Stat(shm); err == nil && info.IsDir() {
		return shm
	}
	return os.TempDir()
}

func (r *run) say(format string, args ...any) { _, _ = fmt.Fprintf(r.o.Out, format+"\n", args...) }

// warm signs in who has to be, and shows every account to every variant once,
// so that no cell pays for first sights.
func (r *run) warm(ctx context.Context) error {
	for _, v := range r.o.variants() {
		r.say("warming up %s", v)
		for _, requests := range [][][]byte{r.world.signIns, r.world.firsts} {
			l := &load{requests: requests}
			if err := l.all(ctx, r.rig.parts[v].addr, 32); err != nil {
				return fmt.Errorf("warm up %s: %w", v, err)
			}
		}
	}
	return nil
}

// closedLoops measures in rounds, each variant once in each. The rounds at few
// connections are fewer, because what is judged is the full load.
func (r *run) closedLoops(ctx context.Context) error {
	for round := range r.o.Rounds {
		for _, connections := range []int{1, 8, mostConnections} {
			if connections != mostConnections && (round >= (r.o.Rounds+1)/2 || len(r.o.Only) > 0) {
				continue
			}
			r.say("round %d of %d: closed loop, %d connections", round+1, r.o.Rounds, connections)
			for _, v := range r.o.variants() {
				key := cellKey{v, LoopClosed, connections}
				if err := r.cell(ctx, key, func(addr string) *sample { return r.load.closed(ctx, addr, connections, r.o.Duration) }); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (r *run) openLoops(ctx context.Context) error {
	for _, rate := range r.o.Rates {
		r.say("open loop, %d requests a second", rate)
		for _, v := range r.o.variants() {
			key := cellKey{v, LoopOpen, rate}
			if err := r.cell(ctx, key, func(addr string) *sample {
				return r.load.open(ctx, addr, float64(rate), openSenders, r.o.Duration)
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

// cell measures one round of one cell.
func (r *run) cell(ctx context.Context, key cellKey, drive func(addr string) *sample) error {
	part := r.rig.parts[key.variant]
	before, err := r.rig.look(ctx, key.variant)
	if err != nil {
		return err
	}
	s := drive(part.addr)
	after, err := r.rig.look(ctx, key.variant)
	if err != nil {
		return err
	}
	if s.failed > 0 {
		r.say("%s: %d of %d requests failed, the last with: %v", key.variant, s.failed, s.requests, s.first)
	}
	r.rounds[key] = append(r.rounds[key], measure{*s, after.minus(before)})
	return r.rig.settle(ctx, key.variant)
}

// profileTime is long enough for a thousand samples.
const profileTime = 10 * time.Second

// profile loads the gateways once more, fully, with their CPU profile on.
func (r *run) profile(ctx context.Context) error {
	if r.o.Profile == "" {
		return nil
	}
	for _, v := range r.o.variants() {
		if r.rig.metrics[v] == "" {
			continue
		}
		r.say("profiling %s", v)
		part := r.rig.parts[v]
		if err := part.toggleProfile(); err != nil {
			return fmt.Errorf("profile: %w", err)
		}
		r.load.closed(ctx, part.addr, mostConnections, profileTime)
		if err := part.toggleProfile(); err != nil {
			return fmt.Errorf("profile: %w", err)
		}
		if err := r.rig.settle(ctx, v); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) edge(ctx context.Context) error {
	r.say("bursts at a window's edge")
	screen, err := edgeEngine(r.rig.redis.client)
	if err != nil {
		return err
	}
	escaped, tries, err := escapes(ctx, screen, edgeAlignments)
	r.report.EdgeTries, r.report.EdgeEscape = tries, div(float64(escaped), float64(tries))
	return err
}

func (r *run) rules(context.Context) (err error) {
	r.say("rules by themselves")
	r.report.RuleNs, r.report.RuleAllocs, err = ruleCost(r.rig.documents[Screened1000], r.o.Duration/2)
	return err
}

// fold makes the report's cells and headline figures of the rounds.
func (r *run) fold() {
	r.report.Ratio, r.report.CPURatio, r.report.WholeRatio = map[Variant]float64{}, map[Variant]float64{}, map[Variant]float64{}
	loads := []cellKey{{"", LoopClosed, 1}, {"", LoopClosed, 8}, {"", LoopClosed, mostConnections}}
	if len(r.o.Only) > 0 {
		loads, r.o.Rates = loads[2:], nil
	}
	for _, rate := range r.o.Rates {
		loads = append(loads, cellKey{"", LoopOpen, rate})
	}
	for _, l := range loads {
		bare := r.rounds[cellKey{Bare, l.loop, l.load}]
		for _, v := range r.o.variants() {
			key := cellKey{v, l.loop, l.load}
			c := cellOf(key, r.rounds[key], bare)
			r.report.Cells = append(r.report.Cells, c)
			r.report.Failed += c.Failed
			if l.loop != LoopClosed || l.load != mostConnections {
				continue
			}
			if v != Bare {
				r.report.Ratio[v], r.report.CPURatio[v], r.report.WholeRatio[v] = c.Ratio, c.CPURatio, c.WholeRatio
			}
			if v == Screened100 {
				r.report.RedisCPUUs, r.report.RedisCommands, r.report.Mallocs = c.RedisCPUUs, c.RedisCommands, c.Mallocs
				r.report.Refused, r.report.Degraded = div(float64(c.Refused), float64(c.Requests)), c.Degraded
				r.report.FsyncMs = c.FsyncMs
			}
		}
	}
}
