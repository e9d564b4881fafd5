package ticketing

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"fairgate/ticketing/microcache"
	"fairgate/ticketing/ticket"
	"fairgate/ticketing/vault"
)

// Options tune a Service. The zero value of a field means its default.
type Options struct {
	Logger         *slog.Logger                           // default: discard
	Registerer     prometheus.Registerer                  // default: metrics are kept but not exposed
	PasswordCost   PasswordCost                           // default: 19 MiB, 2 passes, 1 lane
	PasswordsAtOne int                                    // argon2 computations at once; default 4
	SessionLife    time.Duration                          // default 24 h
	AnswerLife     time.Duration                          // how long an idempotency key is remembered; default 24 h
	EventLife      time.Duration                          // how long delivered events are kept; default 190 days
	StockMaxAge    time.Duration                          // age of the stock shown; default 250 ms, negative = always fresh
	JobInterval    time.Duration                          // of the background jobs; default 500 ms
	MessageLife    time.Duration                          // how long settled messages to phones are kept; default 30 days
	Codes          *CodeOptions                           // codes sent to phones; default: not offered
	WeChat         WeChat                                 // who WeChat users are; default: not offered
	Retention      Retention                              // of personal data
	Scrubber       Scrubber                               // of what the engine keeps of erased data; default: none
	Notices        bool                                   // messages about orders can be sent; default: nobody is told
	NoShowGrace    time.Duration                          // after the end of a day until its no-shows are judged; default 2 h
	RevealsPerHour int                                    // persons that one operator may see in full; default 200
	Delay          func(most time.Duration) time.Duration // of a returned place; default: uniformly random up to most
	Jobs           []Job                                  // more of them, beside the service's own
	Documents      DocumentVerifier                       // asks their issuers; default: what is well formed is accepted
	BookingRules   BookingRules                           // the written ones, with their versions; default: there are none
	Leases         Leases                                 // so that one of several processes does the jobs; default: every process does
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.PasswordCost == (PasswordCost{}) {
		o.PasswordCost = PasswordCost{MemoryKiB: 19 * 1024, Passes: 2, Lanes: 1}
	}
	o.PasswordsAtOne = orDefault(o.PasswordsAtOne, 4)
	o.SessionLife = orDefault(o.SessionLife, 24*time.Hour)
	o.AnswerLife = orDefault(o.AnswerLife, 24*time.Hour)
	o.EventLife = orDefault(o.EventLife, 190*24*time.Hour)
	o.MessageLife = orDefault(o.MessageLife, 30*24*time.Hour)
	if o.Codes != nil {
		codes := o.Codes.withDefaults()
		o.Codes = &codes
	}
	o.Retention = o.Retention.withDefaults()
	o.NoShowGrace = orDefault(o.NoShowGrace, 2*time.Hour)
	o.RevealsPerHour = orDefault(o.RevealsPerHour, 200)
	if o.Delay == nil {
		o.Delay = randomDelay
	}
	o.StockMaxAge = orDefault(o.StockMaxAge, 250*time.Millisecond)
	o.JobInterval = orDefault(o.JobInterval, 500*time.Millisecond)
	return o
}

// randomDelay draws from 0 to most, both included.
func randomDelay(most time.Duration) time.Duration {
	return time.Duration(rand.Int64N(int64(most/time.Millisecond)+1)) * time.Millisecond //nolint:gosec // G404: ChaCha8 with the system's seed, which cannot be foretold
}

func orDefault[T comparable](value, standard T) T {
	var zero T
	if value == zero {
		return standard
	}
	return value
}

// Service applies the rules of booking on a Store. It is safe for concurrent
// use; several processes may serve the same store.
type Service struct {
	store   Store
	vault   *vault.Vault
	hasher  *hasher
	tokens  *tokens
	session ed25519.PrivateKey
	public  ed25519.PublicKey
	issuer  *ticket.Issuer
	clock   func() time.Time
	opts    Options
	stock   *microcache.Cache[shownStock]
	pools   *microcache.Cache[[]Pool]
	metrics *metrics
	jobs    []Job
	holder  string // names this process in leases
}

// NewService makes a Service. The clock is asked for every judgement of time;
// the error names every unusable key.
func NewService(store Store, keys Keys, clock func() time.Time, opts Options) (*Service, error) {
	v, err := newVault(keys)
	if err != nil {
		return nil, fmt.Errorf("new ticketing service: %w", err)
	}
	public, ok := keys.Session.Public().(ed25519.PublicKey)
	if !ok {
		return nil, errors.New("new ticketing service: keys.session has no Ed25519 public key")
	}
	issuer, err := newIssuer(keys)
	if err != nil {
		return nil, fmt.Errorf("new ticketing service: %w", err)
	}
	opts = opts.withDefaults()
	m, err := newMetrics(opts.Registerer)
	if err != nil {
		return nil, fmt.Errorf("new ticketing service: %w", err)
	}
	s := &Service{
		store: store, vault: v, hasher: newHasher(opts.PasswordCost, opts.PasswordsAtOne), tokens: newTokens(tokensKept),
		session: keys.Session, public: public, issuer: issuer, clock: clock, opts: opts, metrics: m,
		holder: uuid.NewString(),
	}
	s.stock = microcache.New(s.now, s.readStock, microcache.Options{MaxAge: opts.StockMaxAge})
	s.pools = microcache.New(s.now, s.readPools, microcache.Options{MaxAge: opts.StockMaxAge})
	if err := opts.Retention.validate(); err != nil {
		return nil, fmt.Errorf("new ticketing service: %w", err)
	}
	s.jobs = append(s.ownJobs(), opts.Jobs...)
	if err := validateJobs(s.jobs); err != nil {
		return nil, fmt.Errorf("new ticketing service: %w", err)
	}
	return s, nil
}

// Ready reports whether the store answers.
func (s *Service) Ready(ctx context.Context) error { return s.store.Ping(ctx) }

// now is the clock's time as the store keeps it: UTC, whole milliseconds.
func (s *Service) now() time.Time { return s.clock().UTC().Truncate(time.Millisecond) }

// newID makes an identifier that sorts by time of making (UUIDv7, RFC 9562).
func newID() (string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("make identifier: %w", err)
	}
	return id.String(), nil
}
