package gatewaybench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"fairgate/cmd/internal/bench"
	"fairgate/enforcement/lists"
	"fairgate/enforcement/mode"
	"fairgate/ingest/sqldb"
)

// site is the tenant of a run.
const site = "museum"

// rig is every process of a run.
type rig struct {
	dir       string
	redis     *redisServer
	upstream  *process
	kafka     *process // nil: a given one
	parts     map[Variant]*process
	metrics   map[Variant]string // address of a gateway's metrics
	documents map[Variant][]byte // its ruleset
	started   []*process         // to be ended, the last first
	http      *http.Client
}

// newRig starts everything. The gateways' journals are in dir; the broker,
// whose disk is another machine's in production, works in memory. What it has
// started is in the rig even where it fails, to be closed.
func newRig(ctx context.Context, dir, memory string, o Options, keys secrets) (*rig, error) {
	g := &rig{
		dir: dir, parts: map[Variant]*process{}, metrics: map[Variant]string{}, documents: map[Variant][]byte{},
		http: &http.Client{Timeout: 5 * time.Second},
	}
	var err error
	if g.redis, err = openRedis(ctx, o.Redis, dir, o.Out); err != nil {
		return g, err
	}
	prefix := fmt.Sprintf("fairgate.bench.%d.", os.Getpid())
	broker := o.Kafka
	if broker == "" {
		if g.kafka, err = g.start(ctx, o, "kafka", nil, string(RoleKafka), "--dir", filepath.Join(memory, "kafka"), "--prefix", prefix); err != nil {
			return g, err
		}
		broker = g.kafka.addr
	}
	if g.upstream, err = g.start(ctx, o, "upstream", nil, string(RoleUpstream)); err != nil {
		return g, err
	}
	if err := g.database(ctx); err != nil {
		return g, err
	}
	if g.parts[Bare], err = g.start(ctx, o, string(Bare), nil, string(RoleProxy), "--upstream", g.upstream.addr); err != nil {
		return g, err
	}
	if slices.Contains(o.variants(), OneRoundTrip) {
		g.parts[OneRoundTrip], err = g.start(ctx, o, string(OneRoundTrip), nil, string(RoleTrip), "--upstream", g.upstream.addr, "--redis", g.redis.addr)
		if err != nil {
			return g, err
		}
	}
	nobody, err := bench.FreeAddress(ctx)
	if err != nil {
		return g, err
	}
	env := append(keys.env(), "FAIRGATE_KAFKA_BROKERS="+broker, "FAIRGATE_KAFKA_PREFIX="+prefix, "FAIRGATE_KAFKA_PARTITIONS=6")
	// The deadline of those with Redis is long: on a machine that is loaded on
	// purpose they would else turn to their own counters, and the figure would be
	// the degraded mode's.
	for _, v := range []struct {
		variant  Variant
		rules    int
		redis    string
		deadline string
	}{{Screened100, 100, g.redis.addr, "1s"}, {Screened1000, 1000, g.redis.addr, "1s"}, {Degraded, 100, nobody, "20ms"}} {
		if !slices.Contains(o.variants(), v.variant) {
			continue
		}
		if g.documents[v.variant], err = Ruleset(v.rules, o.Seed); err != nil {
			return g, err
		}
		if err := g.gateway(ctx, o, v.variant, append(slices.Clone(env), "FAIRGATE_REDIS_ADDRS="+v.redis, "FAIRGATE_GATEWAY_DEADLINE="+v.deadline)); err != nil {
			return g, err
		}
	}
	return g, nil
}

func (g *rig) start(ctx context.Context, o Options, name string, env []string, args ...string) (*process, error) {
	p, err := startPart(ctx, o.Exe, name, env, o.Out, args...)
	if err != nil {
		return nil, err
	}
	g.started = append(g.started, p)
	return p, nil
}

// gateway starts the real role with everything on.
func (g *rig) gateway(ctx context.Context, o Options, v Variant, env []string) error {
	dir := filepath.Join(g.dir, string(v))
	if err := os.MkdirAll(filepath.Join(dir, "rules"), 0o700); err != nil {
		return fmt.Errorf("directory of %s: %w", v, err)
	}
	if err := g.publish(v, g.documents[v]); err != nil {
		return err
	}
	metrics, err := bench.FreeAddress(ctx)
	if err != nil {
		return err
	}
	env = append(env,
		"BENCH_SQL=sqlite:"+g.databasePath(), "FAIRGATE_SQL_DSN=env:BENCH_SQL",
		"FAIRGATE_SITE="+site, "FAIRGATE_GATEWAY_LISTEN=127.0.0.1:0", "FAIRGATE_METRICS_LISTEN="+metrics, "FAIRGATE_LOG_LEVEL=error",
		"FAIRGATE_GATEWAY_NAME="+string(v), "FAIRGATE_GATEWAY_UPSTREAM=http://"+g.upstream.addr, "FAIRGATE_GATEWAY_TRUSTED_PROXIES=127.0.0.0/8",
		"FAIRGATE_GATEWAY_SPOOL_DIR="+filepath.Join(dir, "spool"),
		"FAIRGATE_RULES_DIR="+filepath.Join(dir, "rules"), "FAIRGATE_RULES_RULESET="+RulesetName)
	args := []string{string(RoleGateway)}
	if o.Profile != "" {
		file := o.Profile
		if v != Screened100 {
			file += "." + string(v)
		}
		args = append(args, "--profile", file)
	}
	if g.parts[v], err = g.start(ctx, o, string(v), env, args...); err != nil {
		return err
	}
	g.metrics[v] = metrics
	return nil
}

func (g *rig) databasePath() string { return filepath.Join(g.dir, "sql", "fairgate.db") }

// database makes the tables that the gateways follow for lists and modes.
func (g *rig) database(ctx context.Context) (err error) {
	db, err := sqldb.Open(ctx, "sqlite:"+g.databasePath(), sqldb.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := mode.Open(ctx, db, site, time.Now); err != nil {
		return err
	}
	_, err = lists.New(ctx, db, nil, lists.Options{})
	return err
}

// publish puts a ruleset where the variant's gateway looks, in one step.
func (g *rig) publish(v Variant, document []byte) error {
	dir := filepath.Join(g.dir, string(v), "rules")
	hidden := filepath.Join(dir, "."+RulesetName)
	if err := os.WriteFile(hidden, document, 0o600); err != nil {
		return fmt.Errorf("write ruleset: %w", err)
	}
	if err := os.Rename(hidden, filepath.Join(dir, RulesetName+".yaml")); err != nil {
		return fmt.Errorf("write ruleset: %w", err)
	}
	return nil
}

// close ends every process, the last first.
func (g *rig) close() error {
	var errs []error
	for _, p := range slices.Backward(g.started) {
		errs = append(errs, p.stop())
	}
	if g.redis != nil {
		errs = append(errs, g.redis.close())
	}
	return errors.Join(errs...)
}

// look reads the figures that concern a variant.
func (g *rig) look(ctx context.Context, v Variant) (r spent, err error) {
	var errs [5]error
	r.redis, errs[0] = g.redis.figures(ctx)
	r.upstream, errs[1] = g.upstream.cpu()
	if g.kafka != nil {
		r.kafka, errs[2] = g.kafka.cpu()
	}
	if r.load, errs[4] = cpuOf(os.Getpid()); errs[4] != nil {
		errs[4] = fmt.Errorf("CPU time of the load: %w", errs[4])
	}
	if g.metrics[v] != "" {
		var m map[string]float64
		m, errs[3] = g.scrape(ctx, v)
		r.mallocs, r.degraded = m["go_memstats_mallocs_total"], m["fairgate_failover_degraded_touches_total"]
		r.syncs, r.synced = m["fairgate_stream_fsync_seconds_count"], m["fairgate_stream_fsync_seconds_sum"]
	}
	r.part, err = g.parts[v].cpu()
	return r, errors.Join(err, errors.Join(errs[:]...))
}

// settleTime is how long a gateway's journal may take to reach Kafka before
// the next cell begins all the same.
const settleTime = 5 * time.Second

// settle waits until the variant's journal is drained, so that no variant is
// measured while another's events are still under way.
func (g *rig) settle(ctx context.Context, v Variant) error {
	if g.metrics[v] == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	for ctx.Err() == nil {
		m, err := g.scrape(ctx, v)
		if err != nil {
			return err
		}
		if m["fairgate_stream_spool_backlog_bytes"] == 0 {
			return nil
		}
		bench.Pause(ctx, 50*time.Millisecond)
	}
	return nil
}

// scrape reads a gateway's metrics, labels of the kind {role="gateway"} left
// off and the others summed.
func (g *rig) scrape(ctx context.Context, v Variant) (map[string]float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+g.metrics[v]+"/metrics", http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("metrics of %s: %w", v, err)
	}
	res, err := g.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("metrics of %s: %w", v, err)
	}
	defer func() { _ = res.Body.Close() }()
	return parseMetrics(res.Body)
}

// parseMetrics reads Prometheus's text format, version 0.0.4, as far as sums by
// name need it.
func parseMetrics(in io.Reader) (map[string]float64, error) {
	out := map[string]float64{}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		at := strings.LastIndexByte(line, ' ')
		if at < 0 || line[0] == '#' {
			continue
		}
		value, err := strconv.ParseFloat(line[at+1:], 64)
		if err != nil {
			return nil, fmt.Errorf("metrics: line %.80q: %w", line, err)
		}
		name, _, _ := strings.Cut(line[:at], "{")
		out[name] += value
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	return out, nil
}
