package app

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/valyala/fasthttp"

	"fairgate/enforcement"
	"fairgate/enforcement/booking"
	"fairgate/enforcement/budget"
	"fairgate/enforcement/cases"
	"fairgate/enforcement/challenge"
	"fairgate/enforcement/ledger"
	"fairgate/enforcement/lists"
	"fairgate/enforcement/mode"
	"fairgate/enforcement/outbox"
	"fairgate/ingest/fingerprint/collector"
	"fairgate/ingest/sqldb"
	"fairgate/ingest/stream"
	"fairgate/rules"
	"fairgate/scoring"
	"fairgate/scoring/cluster"
	"fairgate/scoring/pipeline"
	"fairgate/scoring/window/memory"
	"fairgate/ticketing"
	ticketbox "fairgate/ticketing/outbox"
	"fairgate/ticketing/sms"
)

// ContainedOptions say how to put everything into one process.
type ContainedOptions struct {
	// Env has the configuration (see Contained configurations), the clock and
	// the log; its registry is not used.
	Env
	// Dir is a folder for the databases' files, which nobody needs afterwards.
	Dir string
	// After calls fn once when d has passed by the clock of Env, never two at
	// once and never beside a call of the handlers. An error of fn ends all.
	After func(d time.Duration, fn func(context.Context) error)
	// Program is the rules in force.
	Program *rules.Program
	// Seed is where numbers come from that are random in life and would make
	// two runs differ.
	Seed uint64
	// Pace is how often things are looked after that are looked after every
	// half second in life; default and at least 500 ms. The booking system is
	// looked after a tenth of it after each change, too, if that is longer.
	Pace time.Duration
	// Verdicts is told of every published verdict, and keeps and changes nothing
	// of it; nil: nobody is told.
	Verdicts func(v *scoring.Verdict)
	// Sample says with which probabilities accounts are drawn for the audit
	// sample; nil: none is drawn.
	Sample map[cases.Stratum]float64
	// Kept is handed what the ledger would keep: events, outcomes and labels;
	// nil: nobody is.
	Kept func(ledger.Record)
	// MaxEntities bounds the counters (scoring/window/memory).
	MaxEntities int
}

// Contained is the whole service without sockets, engines or goroutines of its
// own: the same handlers, engine, pipeline, enforcement and booking system, on
// counters in memory and SQLite, moved on by somebody else's clock. It is for
// one goroutine at a time.
type Contained struct {
	*Stack
	gateway *inProcess              // answers visitors
	booking fasthttp.RequestHandler // answers the booking system's callers

	o        ContainedOptions
	e        Env
	log      *innerLog
	pipeline *pipeline.Pipeline
	enforcer *enforcement.Enforcer
	review   reviewing
	budgets  *budget.Service
	relay    *outbox.Relay
	switches *mode.Store
	kill     *enforcement.Switch
	clusters *cluster.Tracker
	counters *memory.Store
	tickets  *ticketing.Service
	reports  *ticketbox.Dispatcher

	messages *sms.Dispatcher

	flushing bool // events wait and will be scored
	tending  bool // the booking system will be looked after soon
}

// leastPace is how often the parts look after things in life.
const leastPace = 500 * time.Millisecond

// Delays that stand for the asynchronous way in life, which is batches, the log
// between the parts and their work: until the pipeline has scored an event, and
// until its verdict is enforced. They are assumed, of the size that a service
// shows where nothing waits.
const (
	scoredAfter   = 100 * time.Millisecond
	enforcedAfter = 50 * time.Millisecond
)

// StartContained puts everything together and begins what is done again and
// again.
func StartContained(ctx context.Context, o ContainedOptions) (c *Contained, err error) {
	o.Pace = max(o.Pace, leastPace)
	o.Registry = prometheus.NewRegistry()
	o.Config.SQL.DSN = secretValue("sqlite:" + filepath.Join(o.Dir, "fairgate.db"))
	o.Config.Ticketing.DSN = secretValue("sqlite:" + filepath.Join(o.Dir, "ticketing.db"))
	c = &Contained{Stack: NewStack(o.Log), o: o, e: o.Env, log: &innerLog{topics: stream.NewTopics("")}}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close(context.WithoutCancel(ctx)))
		}
	}()
	if err := c.openTicketing(ctx); err != nil {
		return nil, err
	}
	db, err := sqldb.Open(ctx, "sqlite:"+filepath.Join(o.Dir, "fairgate.db"), sqldb.Options{Volatile: true, MaxConns: 2})
	if err != nil {
		return nil, fmt.Errorf("contained: %w", err)
	}
	c.Defer("sql", func(context.Context) error { return db.Close() })
	standing, err := c.openEnforcement(ctx, db)
	if err != nil {
		return nil, err
	}
	if err := c.openScreening(ctx, standing); err != nil {
		return nil, err
	}
	c.routine()
	return c, nil
}

// openEnforcement opens what acts on verdicts, and what screening knows of it.
func (c *Contained) openEnforcement(ctx context.Context, db *sqldb.DB) (standing, error) {
	var none standing
	key, err := reveal("keys.enforcement", c.e.Config.Keys.Enforcement)
	if err != nil {
		return none, err
	}
	orders, err := booking.New(c.e.Config.Enforcer.BookingURL, key, booking.Options{HTTP: inward(c.booking)})
	if err != nil {
		return none, fmt.Errorf("contained: %w", err)
	}
	marks := lists.NewMemoryMarks(c.e.Now)
	if c.review, err = openReview(ctx, db, marks, orders, c.e); err != nil {
		return none, fmt.Errorf("contained: %w", err)
	}
	c.kill = &enforcement.Switch{}
	if c.switches, err = mode.Open(ctx, db, c.e.Config.Site, c.e.Now); err != nil {
		return none, fmt.Errorf("contained: %w", err)
	}
	o := budgetOptions(c.e)
	o.Curb, o.Registry = &enforcement.Curb{}, c.e.Registry
	if c.budgets, err = budget.New(ctx, db, c.e.Config.Site, o); err != nil {
		return none, fmt.Errorf("contained: %w", err)
	}
	if err := errors.Join(c.budgets.Use(c.o.Program), c.budgets.Tend(ctx), c.review.lists.Rebuild(ctx)); err != nil {
		return none, fmt.Errorf("contained: %w", err)
	}
	c.relay = outbox.NewRelay(db, actionLog{c.log, c.log.topics}, outbox.RelayOptions{Now: c.e.Now, Logger: c.e.Log, Registry: c.e.Registry})
	sampler, err := c.sampler()
	if err != nil {
		return none, err
	}
	c.enforcer = enforcement.NewEnforcer(verdictSource{c.log}, verdictSource{c.log}, c.review.lists, c.review.withdrawals, unread{}, enforcement.EnforcerOptions{
		Kill: c.kill, Budget: c.budgets, Curb: o.Curb, Sampler: sampler, Now: c.e.Now, Logger: c.e.Log, Registry: c.e.Registry,
	})
	return standing{lists: marks, kill: c.kill, curb: o.Curb}, nil
}

// unread takes the place of the review queue: nobody decides a case while a run
// is played, so what it would hold changes nothing, and it is a ninth of the work.
type unread struct{}

// Record implements enforcement.Cases.
func (unread) Record(context.Context, []enforcement.Finding) error { return nil }

// openScreening opens the engine, the pipeline and the edge.
func (c *Contained) openScreening(ctx context.Context, s standing) error {
	c.counters = memory.New(memory.Options{Marks: s.lists, Alone: true, MaxEntities: c.o.MaxEntities, Registerer: c.e.Registry})
	engine := scoring.New(c.counters, scoring.Options{Registerer: c.e.Registry})
	engine.Swap(c.o.Program)
	c.clusters = cluster.NewTracker(cluster.Options{})
	c.clusters.CaughtUp()
	c.pipeline = pipeline.New(eventSource{}, engine, c.log, c.log.topics, pipeline.Options{
		Decode: c.log.decode, Verdicts: func(v []scoring.Verdict) { c.log.verdicts = append(c.log.verdicts, v...) },
		Clusters: c.clusters, Lateness: c.e.Config.Scorer.Lateness, Workers: 1, Now: c.e.Now, Logger: c.e.Log, Registerer: c.e.Registry,
	})
	edge, err := openEdge(ctx, c.Stack, c.e, edgeParts{
		engine: engine, standing: s, recorder: recorder{c},
		attempts: challenge.NewMemoryAttempts(), spent: challenge.NewMemorySpent(c.e.Now), beacons: collector.NewMemory(c.e.Now),
		random:  rand.NewChaCha8(seedOf(c.o.Seed, "challenges")),
		booking: inward(c.booking), upward: &inProcess{handler: c.booking}, workers: -1,
	})
	if err != nil {
		return fmt.Errorf("contained: %w", err)
	}
	edge.App().Handler() // makes the tree of routes
	c.gateway = &inProcess{handler: edge.App().Server().Handler}
	c.Defer("gateway", edge.Shutdown)
	return nil
}

// Send carries a visitor's request to the gateway, which believes what it says
// of its address, as it does a proxy beside it.
func (c *Contained) Send(_ context.Context, req *fasthttp.Request, res *fasthttp.Response) error {
	req.SetHost("localhost")
	return c.gateway.DoTimeout(req, res, 0)
}

// Operations reaches the booking system as its operations do.
func (c *Contained) Operations() http.RoundTripper { return inward(c.booking) }

// Observe turns the kill switch.
func (c *Contained) Observe(ctx context.Context, on bool, reason string) error {
	if err := c.switches.SetObserving(ctx, on, "simulation", reason); err != nil {
		return err
	}
	_, err := c.switches.Look(ctx, c.kill)
	return err
}

// Forgotten is how many entities the counters forgot while they were in use:
// beyond zero, they had too little room and the verdicts are not to be trusted.
func (c *Contained) Forgotten() uint64 { return c.counters.Evicted() }
