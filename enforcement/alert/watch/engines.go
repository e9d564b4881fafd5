package watch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"fairgate/enforcement/alert"
	"fairgate/enforcement/notify"
	"fairgate/ingest"
)

// Engine is something that Fairgate needs to work.
type Engine string

// Engines.
const (
	Redis      Engine = "redis"
	Kafka      Engine = "kafka"
	ClickHouse Engine = "clickhouse"
	SQL        Engine = "sql"
	Booking    Engine = "booking" // the booking system
)

// Valid reports whether e is a known engine.
func (e Engine) Valid() bool { _, ok := engines[e]; return ok }

// engine is what operators read of an engine that is away.
type engine struct {
	zh, en     string
	severity   notify.Severity
	done, next alert.Text
}

var engines = map[Engine]engine{
	Redis: {
		"Redis", "Redis", notify.Urgent,
		alert.Text{ZH: "网关按各路由的失效模式运行", EN: "gateways run in each route's fail mode"},
		alert.Text{ZH: "恢复 Redis；期间计数为单机估计", EN: "bring Redis back; until then each gateway counts for itself"},
	},
	Kafka: {
		"Kafka", "Kafka", notify.Urgent,
		alert.Text{ZH: "事件暂存在网关磁盘，判定照常", EN: "events wait on the gateways' disks, screening goes on"},
		alert.Text{ZH: "在网关磁盘写满之前恢复 Kafka；期间不做异步评分", EN: "bring Kafka back before those disks are full; until then nothing is scored again"},
	},
	ClickHouse: {
		"ClickHouse", "ClickHouse", notify.Warning,
		alert.Text{ZH: "判定与处置照常；历史数据、质量指标和流量告警停止更新", EN: "screening and enforcement go on; history, quality figures and alerts on traffic stand still"},
		alert.Text{ZH: "恢复 ClickHouse；期间请查看网关的指标", EN: "bring ClickHouse back; until then look at the gateways' metrics"},
	},
	SQL: {
		"数据库", "The SQL database", notify.Urgent,
		alert.Text{ZH: "网关沿用最近的名单与策略", EN: "gateways go by the last lists and rules they know"},
		alert.Text{ZH: "恢复数据库；期间案件、名单与本告警的更新都会推迟", EN: "bring the database back; until then cases, lists and alerts wait"},
	},
	Booking: {
		"预约系统", "The booking system", notify.Urgent,
		alert.Text{ZH: "收回与退回名额会自动重试", EN: "withdrawals and returns are tried again"},
		alert.Text{ZH: "恢复预约系统；访客目前无法预约", EN: "bring the booking system back; visitors cannot book"},
	},
}

// Probe asks an engine whether it works.
type Probe func(ctx context.Context) error

// EngineOptions say when an engine is away.
type EngineOptions struct {
	Now func() time.Time
	// Timeout bounds a probe. Default 2 s, a hundred times what each needs.
	Timeout time.Duration
	// Failures is after how many failed probes in a row an engine is away.
	// Default 2: one is a connection that was dropped.
	Failures int
	// Modes are the routes by fail mode, where they are known.
	Modes map[ingest.FailMode]int
	// Zone is the venue's; times in texts are in it. Default UTC.
	Zone *time.Location
}

func (o EngineOptions) withDefaults() EngineOptions {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Timeout <= 0 {
		o.Timeout = 2 * time.Second
	}
	o.Failures = orElse(o.Failures, 2)
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	return o
}

// Engines watches whether everything that Fairgate needs works. It is for one
// goroutine.
type Engines struct {
	probes map[Engine]Probe
	o      EngineOptions
	failed map[Engine]absence
}

// absence is how often an engine's probes failed in a row.
type absence struct {
	since time.Time
	times int
}

// NewEngines watches the engines that have a probe.
func NewEngines(probes map[Engine]Probe, o EngineOptions) (*Engines, error) {
	for e, probe := range probes {
		if !e.Valid() || probe == nil {
			return nil, fmt.Errorf("watch engine %q: unknown, or without a probe", e)
		}
	}
	return &Engines{probes: probes, o: o.withDefaults(), failed: map[Engine]absence{}}, nil
}

// Look probes all engines at once and reports those that are away. An engine
// that is back is none of its affairs: its alert is over when no finding comes.
func (w *Engines) Look(ctx context.Context) ([]alert.Finding, error) {
	type result struct {
		engine Engine
		err    error
	}
	results := make(chan result, len(w.probes))
	var all sync.WaitGroup
	for e, probe := range w.probes {
		all.Go(func() {
			probing, cancel := context.WithTimeout(ctx, w.o.Timeout)
			defer cancel()
			results <- result{e, probe(probing)}
		})
	}
	all.Wait()
	close(results)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	for r := range results {
		if r.err == nil {
			delete(w.failed, r.engine)
			continue
		}
		o := w.failed[r.engine]
		if o.times == 0 {
			o.since = w.o.Now()
		}
		o.times++
		w.failed[r.engine] = o
	}
	var found []alert.Finding
	for _, e := range slices.Sorted(maps.Keys(w.failed)) {
		if o := w.failed[e]; o.times >= w.o.Failures {
			found = append(found, w.finding(e, o))
		}
	}
	return found, nil
}

func (w *Engines) finding(e Engine, o absence) alert.Finding {
	f := away(e, say("自 %[2]s 起连续 %[1]d 次探测失败（时限 %[3]d 秒）", "%[1]d probes in a row failed since %[2]s (time limit %[3]d s)",
		o.times, o.since.In(w.o.Zone).Format(time.TimeOnly), int(w.o.Timeout.Seconds())))
	if e == Redis {
		f.Done = join(f.Done, w.modes())
	}
	return f
}

// modes tells how many routes run in which fail mode.
func (w *Engines) modes() alert.Text {
	names := map[ingest.FailMode]alert.Text{
		ingest.FailDegraded: {ZH: "降级", EN: "degraded"}, ingest.FailOpen: {ZH: "全放", EN: "open"}, ingest.FailClosed: {ZH: "全拒", EN: "closed"},
	}
	modes := slices.SortedFunc(maps.Keys(w.o.Modes), func(a, b ingest.FailMode) int {
		return cmp.Or(cmp.Compare(w.o.Modes[b], w.o.Modes[a]), cmp.Compare(a, b))
	})
	var parts []alert.Text
	for _, mode := range modes {
		parts = append(parts, say("%[1]d 条路由%[2]s", "%[1]d routes %[3]s", w.o.Modes[mode], names[mode].ZH, names[mode].EN))
	}
	return join(parts...)
}

// away is the finding that an engine is away.
func away(e Engine, evidence alert.Text) alert.Finding {
	d := engines[e]
	return alert.Finding{
		Pattern: alert.EngineDegraded, Group: string(e), Severity: d.severity, Path: "/system/engines",
		What: alert.Text{ZH: d.zh + " 不可用", EN: d.en + " is away"}, Evidence: evidence, Done: d.done, Next: d.next,
	}
}

// unreadable is the finding that a watcher cannot look, because of an engine.
func unreadable(e Engine, times int, err error) alert.Finding {
	why := alert.Text{ZH: "读取失败", EN: "reading failed"}
	if errors.Is(err, context.DeadlineExceeded) {
		why = alert.Text{ZH: "读取超时", EN: "reading took too long"}
	}
	f := away(e, say("告警所需的数据连续 %[1]d 次%[2]s", "the figures that alerts need: %[3]s %[1]d times in a row", times, why.ZH, why.EN))
	f.What = alert.Text{ZH: engines[e].zh + " 无法读取", EN: engines[e].en + " cannot be read"}
	return f
}
