package checkin

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"fairgate/ticketing"
	"fairgate/ticketing/ticket"
	"fairgate/ticketing/vault"
)

// Options tune a Service. The zero value of a field means its default.
type Options struct {
	Logger      *slog.Logger          // default: discard
	Registerer  prometheus.Registerer // default: metrics are kept but not exposed
	SessionLife time.Duration         // of a terminal's session; default 12 h
	ListLife    time.Duration         // how long a list may be used; default 24 h
	MaxSkew     time.Duration         // of a terminal's clock before it is told; default 2 min
	CountsAge   time.Duration         // age of the counts shown; default 500 ms, negative = always fresh
	ScanRate    float64               // scans a second of one terminal, with bursts of twice that; default 50
	CallRate    float64               // other calls a second of one terminal, likewise; default 10
	GroupSize   int                   // scans judged in one transaction at most; default 100
	QueueSize   int                   // scans that may wait; default 4096
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.SessionLife = orDefault(o.SessionLife, 12*time.Hour)
	o.ListLife = orDefault(o.ListLife, 24*time.Hour)
	o.MaxSkew = orDefault(o.MaxSkew, 2*time.Minute)
	o.CountsAge = orDefault(o.CountsAge, 500*time.Millisecond)
	o.ScanRate = orDefault(o.ScanRate, 50)
	o.CallRate = orDefault(o.CallRate, 10)
	o.GroupSize = orDefault(o.GroupSize, 100)
	o.QueueSize = orDefault(o.QueueSize, 4096)
	return o
}

func orDefault[T comparable](value, standard T) T {
	var zero T
	if value == zero {
		return standard
	}
	return value
}

// Service applies the rules of check-in on a Store. It is safe for concurrent
// use; several processes may serve the same store.
type Service struct {
	store    Store
	vault    *vault.Vault
	tickets  *ticket.Verifier
	clock    func() time.Time
	opts     Options
	desk     *desk
	sessions *sessionCache
	counts   *countCache
	tries    *limiter // failed sign-ins
	calls    *limiter
	scans    *limiter
	metrics  *metrics
}

// New makes a Service with the keys of the booking system: tickets are checked
// with theirs, documents found and lists salted with its look-up key. The error
// names every unusable key.
func New(store Store, keys ticketing.Keys, clock func() time.Time, opts Options) (*Service, error) {
	v, err := keys.Vault()
	issuer, ierr := keys.TicketIssuer()
	if err := errors.Join(err, ierr); err != nil {
		return nil, fmt.Errorf("new check-in service: %w", err)
	}
	opts = opts.withDefaults()
	m, err := newMetrics(opts.Registerer)
	if err != nil {
		return nil, fmt.Errorf("new check-in service: %w", err)
	}
	s := &Service{
		store: store, vault: v, tickets: issuer.Verifier, clock: clock, opts: opts, metrics: m,
		sessions: newSessionCache(),
		tries:    newLimiter(clock, 0.1, 10), // ten at once, then one in ten seconds
		calls:    newLimiter(clock, opts.CallRate, 2*opts.CallRate),
		scans:    newLimiter(clock, opts.ScanRate, 2*opts.ScanRate),
	}
	s.desk = &desk{settle: s.settleGroup, most: opts.GroupSize, queue: opts.QueueSize}
	s.counts = &countCache{}
	return s, nil
}

// now is the clock's time as the store keeps it: UTC, whole milliseconds.
func (s *Service) now() time.Time { return s.clock().UTC().Truncate(time.Millisecond) }

// TicketKeys are the public keys that tickets are signed with.
func (s *Service) TicketKeys() []ed25519.PublicKey { return s.tickets.PublicKeys() }

// terminals reads one terminal; ErrNotFound of ticketing if there is none.
func terminal(ctx context.Context, r TerminalReader, id string) (Terminal, error) {
	found, err := r.Terminals(ctx, []string{id})
	if err == nil && len(found) == 0 {
		return Terminal{}, ticketing.ErrNotFound
	}
	if err != nil {
		return Terminal{}, err
	}
	return found[0], nil
}

// newID makes an identifier that sorts by time of making (UUIDv7, RFC 9562).
func newID() (string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("make identifier: %w", err)
	}
	return id.String(), nil
}
