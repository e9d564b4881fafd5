package cases

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/google/uuid"

	"fairgate/enforcement"
	"fairgate/ingest"
	"fairgate/ingest/sqldb"
)

// Stratum is a part of the decisions that is sampled at a rate of its own: by
// what was decided and how it had scored.
type Stratum string

// Strata, by decision and score. What was let through is most of all and seldom
// wrong; what was refused, or scored high, is rarer and teaches more.
const (
	AllowedPlain  Stratum = "allowed/0"
	AllowedLow    Stratum = "allowed/1-39"
	AllowedMiddle Stratum = "allowed/40-79"
	AllowedHigh   Stratum = "allowed/80-100"
	Challenged    Stratum = "challenged"
	BlockedLow    Stratum = "blocked/0-79"
	BlockedHigh   Stratum = "blocked/80-100"
)

// StratumOf says to which stratum a decision belongs.
func StratumOf(action ingest.Action, score float64) Stratum {
	switch {
	case action == ingest.Block && score >= 80:
		return BlockedHigh
	case action == ingest.Block:
		return BlockedLow
	case action == ingest.Challenge:
		return Challenged
	case score >= 80:
		return AllowedHigh
	case score >= 40:
		return AllowedMiddle
	case score > 0:
		return AllowedLow
	default:
		return AllowedPlain
	}
}

// DefaultRates are with which probability the accounts of a stratum are drawn.
func DefaultRates() map[Stratum]float64 {
	return map[Stratum]float64{
		AllowedPlain: 0.005, AllowedLow: 0.02, AllowedMiddle: 0.1, AllowedHigh: 0.2,
		Challenged: 0.05, BlockedLow: 0.1, BlockedHigh: 0.05,
	}
}

// ErrBadSample is wrapped where a sampler cannot be made as asked.
var ErrBadSample = errors.New("bad audit sample")

// SampleOptions tune a Sampler. The zero value is usable.
type SampleOptions struct {
	// Rates by stratum, each above 0 and at most 1; those left out are the
	// defaults.
	Rates map[Stratum]float64
	// Twice is the share of the drawn accounts that two people judge. Default 0.1.
	Twice float64
	// Capacity is how many accounts of a stratum are drawn in a week before its
	// rate is halved for those that come after, and again after as many more:
	// under an attack reviewers must not drown. Default 300.
	Capacity int
}

// Sampler draws accounts for the audit sample. Whether one is drawn is fixed by
// a secret hash of account and week, so that nobody can foresee it and repeats
// change nothing; the probability is noted when the decision is taken. It is safe
// for concurrent use, also by several processes on one database.
type Sampler struct {
	db     *sqldb.DB
	secret []byte
	o      SampleOptions

	mu       sync.Mutex
	week     time.Time
	known    map[string]float64 // drawn this week, with the probability noted
	halvings map[Stratum]int
}

var _ enforcement.Sampler = (*Sampler)(nil)

// maxKnown bounds what a Sampler remembers; beyond it SQL is asked again.
const maxKnown = 20_000

// leastSecret is how long the salt must be, in bytes.
const leastSecret = 32

// NewSampler draws into the queue of s. It refuses a short secret and rates that
// are no probabilities.
func NewSampler(s *Service, secret []byte, o SampleOptions) (*Sampler, error) {
	if len(secret) < leastSecret {
		return nil, fmt.Errorf("%w: the secret has %d bytes, want at least %d", ErrBadSample, len(secret), leastSecret)
	}
	rates := DefaultRates()
	for stratum, rate := range o.Rates {
		if _, known := rates[stratum]; !known || !(rate > 0 && rate <= 1) {
			return nil, fmt.Errorf("%w: stratum %q with rate %v", ErrBadSample, stratum, rate)
		}
		rates[stratum] = rate
	}
	o.Rates = rates
	if o.Twice == 0 {
		o.Twice = 0.1
	}
	if !(o.Twice > 0 && o.Twice <= 1) {
		return nil, fmt.Errorf("%w: twice is %v, want a share", ErrBadSample, o.Twice)
	}
	if o.Capacity <= 0 {
		o.Capacity = 300
	}
	return &Sampler{db: s.db, secret: secret, o: o, known: map[string]float64{}, halvings: map[Stratum]int{}}, nil
}

// Consider looks at decisions that were taken and draws the accounts whose turn
// it is.
func (s *Sampler) Consider(ctx context.Context, decisions []enforcement.Considered) error {
	for _, d := range decisions {
		if d.Account == "" || d.Site == "" || d.Time.IsZero() {
			continue
		}
		week, stratum := enforcement.Week(d.Time), StratumOf(d.Action, d.Score)
		name := d.Site + "\x00" + d.Account
		rate, drawn := s.rate(week, name, stratum)
		if drawn || s.number("draw", name, week) >= rate {
			continue
		}
		if err := s.draw(ctx, d, week, stratum, rate); err != nil {
			return err
		}
	}
	return nil
}

// rate is with which probability an account is drawn now; drawn says that it was
// already, with no less.
func (s *Sampler) rate(week time.Time, name string, stratum Stratum) (rate float64, drawn bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if week.After(s.week) {
		s.week = week
		clear(s.known)
		clear(s.halvings)
	}
	rate = s.o.Rates[stratum]
	if week.Equal(s.week) {
		rate = math.Ldexp(rate, -s.halvings[stratum])
		drawn = s.known[name] >= rate
	}
	return rate, drawn
}

// number is the account's own for a purpose in a week, evenly spread over [0, 1).
func (s *Sampler) number(purpose, name string, week time.Time) float64 {
	mac := hmac.New(sha256.New, s.secret)
	var at [8]byte
	binary.BigEndian.PutUint64(at[:], uint64(week.Unix())) //nolint:gosec // after 1970
	mac.Write([]byte(purpose + "\x00" + name + "\x00"))
	mac.Write(at[:])
	return float64(binary.BigEndian.Uint64(mac.Sum(nil))>>11) / (1 << 53)
}

// draw notes the account, or that a later decision had made it likelier: what
// counts is the highest probability that any decision of the week gave it.
func (s *Sampler) draw(ctx context.Context, d enforcement.Considered, week time.Time, stratum Stratum, rate float64) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make a sample id: %w", err)
	}
	name, twice := d.Site+"\x00"+d.Account, 0
	if s.number("twice", name, week) < s.o.Twice {
		twice = 1
	}
	var n int
	err = s.db.InTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO audit_sample
 (id, site, account, week, stratum, probability, twice, event_id, visit_day, drawn_at, state)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'open')
 ON CONFLICT (site, account, week) DO UPDATE SET stratum = excluded.stratum, probability = excluded.probability
 WHERE excluded.probability > audit_sample.probability AND audit_sample.state = 'open'`,
			id.String(), d.Site, d.Account, sqldb.Millis(week), string(stratum), billionths(rate), twice, d.EventID,
			sqldb.Millis(d.VisitDay), sqldb.Millis(d.Time))
		if err != nil {
			return fmt.Errorf("draw an account: %w", err)
		}
		return tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM audit_sample WHERE site = $1 AND week = $2 AND stratum = $3`,
			d.Site, sqldb.Millis(week), string(stratum)).Scan(&n)
	})
	if err != nil {
		return fmt.Errorf("note a drawn account: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if week.Equal(s.week) {
		if len(s.known) < maxKnown {
			s.known[name] = rate
		}
		s.halvings[stratum] = max(s.halvings[stratum], min(n/s.o.Capacity, 30))
	}
	return nil
}

// billionths stores a probability.
func billionths(p float64) int64 { return int64(math.Round(p * 1e9)) }
