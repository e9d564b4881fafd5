package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"
	"github.com/prometheus/client_golang/prometheus"
	goredis "github.com/redis/go-redis/v9"

	"fairgate/cmd/internal/config"
	"fairgate/enforcement"
	"fairgate/enforcement/booking"
	"fairgate/enforcement/challenge"
	spent "fairgate/enforcement/challenge/redis"
	"fairgate/enforcement/lists"
	"fairgate/enforcement/mode"
	"fairgate/ingest"
	"fairgate/ingest/fingerprint"
	"fairgate/ingest/fingerprint/collector"
	beacons "fairgate/ingest/fingerprint/collector/redis"
	"fairgate/ingest/gateway"
	"fairgate/ingest/gateway/bindings"
	"fairgate/ingest/pulse"
	"fairgate/ingest/sqldb"
	"fairgate/ingest/stream"
	"fairgate/rules"
	"fairgate/rules/source"
	"fairgate/scoring"
	"fairgate/scoring/window/failover"
	"fairgate/scoring/window/memory"
	"fairgate/scoring/window/redis"
)

// Gateway puts the edge on the stack and returns its address.
func Gateway(ctx context.Context, s *Stack, e Env) (addr string, err error) {
	c, log := e.Config, e.Log.With("part", "gateway")
	e.Registry = prometheus.WrapRegistererWith(prometheus.Labels{"role": "gateway"}, e.Registry)
	client, err := openRedis(s, c.Redis)
	if err != nil {
		return "", err
	}
	standing, err := openStanding(ctx, s, e)
	if err != nil {
		return "", err
	}
	shared := redis.New(client, redis.Options{Registerer: e.Registry})
	counters := failover.New(shared, memory.New(memory.Options{Marks: standing.lists, Registerer: e.Registry}), failover.Options{
		Timeout: c.Gateway.Deadline * 3 / 4, Gateways: func() int { return c.Gateway.Fleet },
		Now: e.Now, Logger: log, Registerer: e.Registry,
	})
	watch := failover.NewWatch(counters, shared, filepath.Join(c.Gateway.Spool.Dir, "counted"))
	if err := watch.Look(ctx); err != nil {
		log.WarnContext(ctx, "the shared counters cannot be looked after yet", "error", err)
	}
	s.Go("counters watch", watch.Run)
	tracker, err := trackFeatures(ctx, s, e)
	if err != nil {
		return "", err
	}
	engine, err := startRules(ctx, s, e, counters, tracker.Use)
	if err != nil {
		return "", err
	}
	recorder, err := openRecorder(s, e)
	if err != nil {
		return "", err
	}
	filed, err := openSQL(ctx, s, e, sqldb.Options{Lazy: true})
	if err != nil {
		return "", err
	}
	edge, err := openEdge(ctx, s, e, edgeParts{
		appeals: filed,
		engine:  engine, standing: standing, recorder: recorder, bindings: bindings.NewRedis(client),
		attempts: challenge.NewFallbackAttempts(spent.NewAttempts(client), log),
		spent:    challenge.NewFallbackSpent(spent.New(client), log, challenge.Options{Now: e.Now, Registry: e.Registry}),
		beacons: collector.NewFallback(beacons.New(client), collector.FallbackOptions{
			Now: e.Now, Log: e.Log.With("part", "collector"), Registerer: e.Registry,
		}),
	})
	if err != nil {
		return "", fmt.Errorf("gateway: %w", err)
	}
	givePulse(s, e, client, pulse.Gateway, c.Gateway.Name, func(r *pulse.Record) {
		figures := edge.Figures()
		r.Edge, r.Degraded = &figures, counters.Degraded()
	})
	ln, err := listen(ctx, "gateway", c.Gateway.Listen)
	if err != nil {
		return "", err
	}
	serve(s, "gateway http", func() error { return edge.Serve(ln) }, edge.Shutdown)
	return ln.Addr().String(), nil
}

// edgeParts are what the edge is put together from: what it shares with the
// fleet, and what follows the operators' decisions.
type edgeParts struct {
	engine   *scoring.Engine
	standing standing
	recorder ingest.Recorder
	bindings gateway.Bindings // of the fleet; nil: this process's are all
	attempts challenge.Attempts
	spent    challenge.Spent
	beacons  collector.Store
	appeals  *sqldb.DB // where visitors' appeals are kept; nil: nobody can appeal

	// The rest is for one process that has everything in it; zero: as in life.
	random  io.Reader         // of challenges
	booking http.RoundTripper // to the booking system, for codes
	upward  gateway.Transport // to the booking system, for visitors
	workers int               // of the gateway
}

// openEdge puts the edge together; it listens to nothing yet.
func openEdge(ctx context.Context, s *Stack, e Env, p edgeParts) (*gateway.Gateway, error) {
	log := e.Log.With("part", "gateway")
	passes, err := openChallenge(e, p)
	if err != nil {
		return nil, err
	}
	receipts, err := openReceipts(e)
	if err != nil {
		return nil, err
	}
	screener := enforcement.NewScreener(p.engine, passes, enforcement.ScreenerOptions{
		Snapshot: p.standing.lists, Kill: p.standing.kill, Curb: p.standing.curb, Tickets: passes,
		Receipts: receipts, Logger: log, Registry: e.Registry,
	})
	options, err := gatewayOptions(ctx, s, e)
	if err != nil {
		return nil, err
	}
	options.Bindings = gateway.NewMemoryBindings(0, p.bindings, e.Now)
	options.Transport, options.Workers = p.upward, p.workers
	options.Mounts = challengeMounts(e, passes)
	if p.appeals != nil {
		options.Mounts[gateway.AppealPath] = appealMount(p.appeals, receipts, e, options.Keyer)
	}
	if err := mountCollector(e, p.beacons, &options); err != nil {
		return nil, err
	}
	return gateway.New(screener, p.recorder, e.Config.Gateway.Upstream, options)
}

// openRedis opens the client that window, marks and passes share.
func openRedis(s *Stack, c config.Redis) (goredis.UniversalClient, error) {
	password, err := c.Password.Reveal()
	if err != nil {
		return nil, fmt.Errorf("redis.password: %w", err)
	}
	o := &goredis.UniversalOptions{
		Addrs: c.Addrs, Username: c.Username, Password: password, PoolSize: 64,
		DialTimeout: time.Second, ReadTimeout: time.Second, WriteTimeout: time.Second,
	}
	if c.TLS {
		o.TLSConfig = tlsConfig()
	}
	redis.Configure(o)
	client := goredis.NewUniversalClient(o)
	s.Defer("redis client", func(context.Context) error { return client.Close() })
	return client, nil
}

// standing is what the gateway knows about earlier decisions.
type standing struct {
	lists enforcement.Snapshot
	kill  *enforcement.Switch
	curb  *enforcement.Curb // the rules that are turned down
}

// openStanding opens what the gateway knows about earlier decisions. SQL may be
// away; what was kept on disk then stands in.
func openStanding(ctx context.Context, s *Stack, e Env) (standing, error) {
	kill := &enforcement.Switch{}
	db, err := openSQL(ctx, s, e, sqldb.Options{Lazy: true})
	if err != nil {
		return standing{}, err
	}
	snapshot := lists.OpenSnapshot(ctx, db, filepath.Join(e.Config.Gateway.Spool.Dir, "lists.json"), lists.Options{Now: e.Now, Logger: e.Log, Registry: e.Registry})
	s.Go("lists snapshot", func(ctx context.Context) error { snapshot.Run(ctx); return nil })
	switches := mode.New(db, e.Config.Site, e.Now)
	switches.Remember(filepath.Join(e.Config.Gateway.Spool.Dir, "mode"))
	// Before the first request; where SQL is away, following says so and goes on trying.
	_, _ = switches.Look(ctx, kill)
	followMode(s, e, switches, kill)
	return standing{lists: snapshot, kill: kill, curb: followBudget(ctx, s, e, db)}, nil
}

// openSQL opens the operators' database.
func openSQL(ctx context.Context, s *Stack, e Env, o sqldb.Options) (*sqldb.DB, error) {
	dsn, err := e.Config.SQL.DSN.Reveal()
	if err != nil {
		return nil, fmt.Errorf("sql.dsn: %w", err)
	}
	db, err := sqldb.Open(ctx, dsn, o)
	if err != nil {
		return nil, err
	}
	s.Defer("sql", func(context.Context) error { return db.Close() })
	return db, nil
}

// openRules compiles the rules in force and follows their changes.
func openRules(ctx context.Context, s *Stack, e Env) (*source.Watcher, error) {
	published, err := publishedRules(ctx, s, e)
	if err != nil {
		return nil, err
	}
	watcher, err := source.NewWatcher(ctx, published, source.Options{Name: e.Config.Rules.Ruleset, Logger: e.Log, Registry: e.Registry})
	if err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	s.Go("rules watcher", watcher.Run)
	return watcher, nil
}

// startRules gives the engine that uses the rules in force. Others are told of
// each program after the engine uses it.
func startRules(ctx context.Context, s *Stack, e Env, counters scoring.Counters, others ...func(*rules.Program)) (*scoring.Engine, error) {
	watcher, err := openRules(ctx, s, e)
	if err != nil {
		return nil, err
	}
	engine := scoring.New(counters, scoring.Options{Registerer: e.Registry})
	use := func(p *rules.Program) {
		engine.Swap(p)
		for _, tell := range others {
			tell(p)
		}
	}
	cancel := watcher.Subscribe(use)
	s.Defer("rules subscription", func(context.Context) error { cancel(); return nil })
	return engine, nil
}

// eventLinger is how long an event may wait, on disk already, for others to go
// to Kafka with: with six partitions a busy gateway else sends a thousand
// requests a second of a handful of events, and each costs the gateway and the
// broker more than the events in it.
const eventLinger = 50 * time.Millisecond

// openRecorder opens the journal that carries events to Kafka.
func openRecorder(s *Stack, e Env) (*stream.Recorder, error) {
	topics := stream.NewTopics(e.Config.Kafka.Prefix)
	producer := stream.NewProducer(e.Config.Kafka.Brokers, stream.ProducerOptions{Linger: eventLinger, Registerer: e.Registry})
	s.Defer("event producer", func(context.Context) error { return producer.Close() })
	s.Go("topics", func(ctx context.Context) error { insistOnTopics(ctx, e); return nil })
	journal, err := stream.OpenJournal(e.Config.Gateway.Spool.Dir, topics.Events, producer, stream.JournalOptions{
		MaxBytes: e.Config.Gateway.Spool.MaxBytes, Now: e.Now, Logger: e.Log, Registerer: e.Registry,
	})
	if err != nil {
		return nil, fmt.Errorf("gateway.spool: %w", err)
	}
	s.Defer("event journal", func(ctx context.Context) error {
		// What Kafka does not take by then waits on disk; the other parts need
		// time to end, too.
		ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		return journal.Close(ctx)
	})
	return stream.NewRecorder(journal), nil
}

func gatewayOptions(ctx context.Context, s *Stack, e Env) (gateway.Options, error) {
	c := e.Config
	signing, gerr := rotated("keys.gateway", c.Keys.Gateway, "")
	device, derr := rotated("keys.device", c.Keys.Device, c.Keys.DevicePrevious)
	identity, ierr := rotated("keys.identity", c.Keys.Identity, c.Keys.IdentityPrevious)
	session, serr := sessionPublicKey(c.Keys.SessionPublic)
	if err := errors.Join(gerr, derr, ierr, serr); err != nil {
		return gateway.Options{}, err
	}
	reader, err := fingerprintReader(ctx, s, e, device)
	if err != nil {
		return gateway.Options{}, err
	}
	keyer, err := fingerprint.NewKeyer(c.Site, identity[0], second(identity))
	if err != nil {
		return gateway.Options{}, err
	}
	routes, err := routeTable(c.Gateway)
	if err != nil {
		return gateway.Options{}, err
	}
	// Ready asks nobody: a gateway without Redis degrades, and one that a load
	// balancer took away for it would stop the sale.
	return gateway.Options{
		Site: c.Site, Name: c.Gateway.Name, Routes: routes, Reader: reader, Keyer: keyer, SigningKey: signing[0],
		JWT: &gateway.JWTOptions{
			Keys: []gateway.JWTKey{{Algorithm: "EdDSA", Key: session}}, Issuer: "ticketing", Audience: "visitors",
		},
		Deadline: c.Gateway.Deadline, AppealHours: c.Gateway.AppealHours, SecureCookies: c.Gateway.SecureCookies,
		Clock: e.Now, Log: e.Log.With("part", "gateway"), Registerer: e.Registry,
	}, nil
}

func second(keys [][]byte) []byte {
	if len(keys) > 1 {
		return keys[1]
	}
	return nil
}

func fingerprintReader(ctx context.Context, s *Stack, e Env, device [][]byte) (*fingerprint.Reader, error) {
	g := e.Config.Gateway
	proxies, perr := fingerprint.NewProxies(g.TrustedProxies)
	tokens, terr := fingerprint.NewTokens(device[0], fingerprint.TokenOptions{Previous: second(device), Now: e.Now})
	if err := errors.Join(perr, terr); err != nil {
		return nil, err
	}
	geo := fingerprint.NewGeo(fingerprint.GeoOptions{
		ASN: g.GeoIP.ASN, Country: g.GeoIP.Country, Anonymous: g.GeoIP.Anonymous,
		HostingRanges: g.GeoIP.HostingRanges, MobileRanges: g.GeoIP.MobileRanges, Known: e.Locate, Log: e.Log, Registerer: e.Registry,
	})
	// A broken file is no reason not to open: what it would tell stays unknown.
	if err := geo.Reload(ctx); err != nil {
		e.Log.ErrorContext(ctx, "GeoIP database not usable", "error", err)
	}
	s.Go("geoip", geo.Run)
	o := fingerprint.Options{Proxies: proxies, Geo: geo, TLSHeader: g.TLSHeader, Registerer: e.Registry}
	if len(g.VirtualNumbers) > 0 {
		o.VirtualNumbers = g.VirtualNumbers
	}
	return fingerprint.New(tokens, o)
}

// openChallenge opens the proof of work and its passes.
func openChallenge(e Env, p edgeParts) (*challenge.Service, error) {
	keys, err := rotated("keys.challenge", e.Config.Keys.Challenge, e.Config.Keys.ChallengePrevious)
	if err != nil {
		return nil, err
	}
	o := challenge.Options{
		MaxNumber: int64(e.Config.Gateway.ChallengeMax), Now: e.Now, Registry: e.Registry, Attempts: p.attempts, Random: p.random,
		Wrong: tellWrong(e, p.recorder),
	}
	if e.Config.Gateway.StepUp {
		if o.StepUp, err = openStepUp(e.Config, p.booking); err != nil {
			return nil, err
		}
	}
	return challenge.New(keys, p.spent, o)
}

// openStepUp opens the way to the booking system's codes. A code is sent by one
// attempt: what was not answered may have been sent.
func openStepUp(c config.Config, way http.RoundTripper) (*booking.StepUp, error) {
	key, err := reveal("keys.enforcement", c.Keys.Enforcement)
	if err != nil {
		return nil, err
	}
	client, err := booking.New(c.Enforcer.BookingURL, key, booking.Options{Attempts: 1, HTTP: way})
	if err != nil {
		return nil, fmt.Errorf("enforcer.booking_url: %w", err)
	}
	return booking.NewStepUp(client), nil
}

// challengeMounts puts the challenge's handler under the gateway, which tells
// it who calls.
func challengeMounts(e Env, service *challenge.Service) map[string]fiber.Handler {
	identify := func(r *http.Request) (challenge.Visitor, error) {
		visitor, ok := gateway.VisitorFrom(r.Context())
		if !ok {
			return challenge.Visitor{}, challenge.ErrNobody
		}
		return challenge.Visitor{Subject: visitor.Subject, Subnet: visitor.Client.Subnet}, nil
	}
	return map[string]fiber.Handler{
		"/.fairgate/challenge": adaptor.HTTPHandler(challenge.NewHandler(service, identify, e.Log)),
	}
}
