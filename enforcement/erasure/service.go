package erasure

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"fairgate/enforcement"
	"fairgate/ingest/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Errors of the Service.
var (
	// ErrBadInput is wrapped where a request misses a field.
	ErrBadInput = errors.New("bad erasure request")
	// ErrNotFound: there is no such erasure.
	ErrNotFound = errors.New("erasure not found")
)

// Source says who asked for an erasure.
type Source string

// Sources.
const (
	FromBooking  Source = "booking"  // the booking system erased the account
	FromOperator Source = "operator" // somebody of the house asked
)

// Valid reports whether s is a known source.
func (s Source) Valid() bool { return s == FromBooking || s == FromOperator }

// Step is how far an erasure is.
type Step string

// Steps, in their order.
const (
	First Step = "first" // what acts is to be taken back
	Last  Step = "last"  // it was; the rest follows
	Done  Step = "done"
)

// Valid reports whether s is a known step.
func (s Step) Valid() bool { return s == First || s == Last || s == Done }

// Job is one erasure. Of one that is done nothing tells the account.
type Job struct {
	ID       string    `json:"id"`
	Source   Source    `json:"source"`
	Actor    string    `json:"actor,omitempty"`
	Reason   string    `json:"reason,omitempty"`
	Step     Step      `json:"step"`
	Attempts int       `json:"attempts,omitempty"` // that failed in a row
	Next     time.Time `json:"next_at,omitzero"`   // when it goes on
	Created  time.Time `json:"created_at"`
	Finished time.Time `json:"finished_at,omitzero"`

	site, account string
}

// Options tune a Service. The zero value is usable.
type Options struct {
	Now func() time.Time
	// Settle is between the first and the last time; longer than events and
	// copies of lists are under way. Default 1 h.
	Settle time.Duration
	// Poll is between looks for work, FeedPoll between looks at the booking
	// system's record. Defaults 1 s and 10 s.
	Poll, FeedPoll time.Duration
	// Lease is for how long a worker has an erasure to itself. Default 5 min.
	Lease time.Duration
	// Backoff is the first pause after a failure; it doubles up to MaxBackoff.
	// Defaults 5 s and 10 min.
	Backoff, MaxBackoff time.Duration
	Logger              *slog.Logger
	Registry            prometheus.Registerer
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	for _, d := range []struct {
		value *time.Duration
		or    time.Duration
	}{
		{&o.Settle, time.Hour},
		{&o.Poll, time.Second},
		{&o.FeedPoll, 10 * time.Second},
		{&o.Lease, 5 * time.Minute},
		{&o.Backoff, 5 * time.Second},
		{&o.MaxBackoff, 10 * time.Minute},
	} {
		if *d.value <= 0 {
			*d.value = d.or
		}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Store is an Eraser with the name under which its failures are counted.
type Store struct {
	Name   string
	Eraser enforcement.Eraser
}

// Service queues erasures and carries them out. It is safe for concurrent use,
// also by several processes on one database.
type Service struct {
	db      *sqldb.DB
	site    string
	options Options
	metrics *metrics
}

// New migrates the tables and returns the Service of a site.
func New(ctx context.Context, db *sqldb.DB, site string, o Options) (*Service, error) {
	if err := db.Migrate(ctx, migrations, "erasures_schema"); err != nil {
		return nil, err
	}
	return &Service{db: db, site: site, options: o.withDefaults(), metrics: newMetrics(o.Registry)}, nil
}

// Bounds of a request.
const maxReason = 500

// Request queues an erasure by hand. The account need not be known to anybody.
func (s *Service) Request(ctx context.Context, account, actor, reason string) (Job, error) {
	if account == "" || len(account) > enforcement.MaxKey || strings.ContainsRune(account, 0) {
		return Job{}, fmt.Errorf("%w: account: want 1 to %d bytes, got %d", ErrBadInput, enforcement.MaxKey, len(account))
	}
	if actor == "" || reason == "" || len(reason) > maxReason {
		return Job{}, fmt.Errorf("%w: an actor (%q) and a reason of at most %d bytes are needed", ErrBadInput, actor, maxReason)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Job{}, fmt.Errorf("make an erasure id: %w", err)
	}
	j := Job{
		ID: id.String(), Source: FromOperator, Actor: actor, Reason: strings.ReplaceAll(reason, account, "…"), Step: First,
		Created: s.options.Now().UTC().Truncate(time.Millisecond), account: account,
	}
	return j, s.db.InTx(ctx, func(tx *sql.Tx) error { return s.queue(ctx, tx, &j, j.ID) })
}

// queue adds a job, unless its reference is known.
func (s *Service) queue(ctx context.Context, tx *sql.Tx, j *Job, ref string) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO erasures
 (id, site, account, pseudonym, source, ref, actor, reason, step, attempts, next_ms, created_ms, finished_ms)
 VALUES ($1, $2, $3, '', $4, $5, $6, $7, 'first', 0, 0, $8, 0) ON CONFLICT (site, source, ref) DO NOTHING`,
		j.ID, s.site, j.account, string(j.Source), ref, j.Actor, j.Reason, sqldb.Millis(j.Created))
	if err != nil {
		return fmt.Errorf("queue an erasure: %w", err)
	}
	return nil
}

const columns = `id, site, account, source, actor, reason, step, attempts, next_ms, created_ms, finished_ms`

func scan(row interface{ Scan(into ...any) error }) (Job, error) {
	var j Job
	var next, created, finished int64
	err := row.Scan(&j.ID, &j.site, &j.account, &j.Source, &j.Actor, &j.Reason, &j.Step, &j.Attempts, &next, &created, &finished)
	j.Next, j.Created, j.Finished = sqldb.Time(next), sqldb.Time(created), sqldb.Time(finished)
	return j, err
}

// Get finds an erasure of the site.
func (s *Service) Get(ctx context.Context, id string) (Job, error) {
	j, err := scan(s.db.Read.QueryRowContext(ctx, `SELECT `+columns+` FROM erasures WHERE site = $1 AND id = $2`, s.site, id))
	if errors.Is(err, sql.ErrNoRows) {
		return j, fmt.Errorf("%w: %q", ErrNotFound, id)
	}
	if err != nil {
		return j, fmt.Errorf("read an erasure: %w", err)
	}
	return j, nil
}

// List gives the newest erasures of the site, at most 200.
func (s *Service) List(ctx context.Context) (list []Job, err error) {
	rows, err := s.db.Read.QueryContext(ctx, `SELECT `+columns+` FROM erasures WHERE site = $1 ORDER BY id DESC LIMIT 200`, s.site)
	if err != nil {
		return nil, fmt.Errorf("list erasures: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	list = []Job{}
	for rows.Next() {
		j, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("list erasures: %w", err)
		}
		list = append(list, j)
	}
	return list, rows.Err()
}

// pseudonymBytes is how much of the hash is kept: 128 bits.
const pseudonymBytes = 16

// Pseudonyms makes pseudonyms of a site's accounts from a secret of at least 32
// bytes, by HMAC-SHA256 under a key derived for this purpose (RFC 5869).
func Pseudonyms(secret, site string) (func(account string) string, error) {
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "fairgate/v1/erased/"+site, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive the key of pseudonyms: %w", err)
	}
	return func(account string) string {
		mac := hmac.New(sha256.New, key)
		_, _ = mac.Write([]byte(account)) // never fails
		return "erased-" + hex.EncodeToString(mac.Sum(nil)[:pseudonymBytes])
	}, nil
}
