package challenge

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"fairgate/enforcement"
	"fairgate/ingest"
)

// Spent remembers which challenges were redeemed. Implementations are safe for
// concurrent use; one shared by the whole fleet is needed for single use.
type Spent interface {
	// Once reports whether id was not seen within ttl, and remembers it.
	Once(ctx context.Context, id string, ttl time.Duration) (first bool, err error)
}

// MaxPassTTL is the longest life of a pass.
const MaxPassTTL = 2 * time.Minute

// minKey is the shortest secret, in bytes.
const minKey = 32

// Options tune a Service. The zero value is usable.
type Options struct {
	// MaxNumber is the difficulty: on average half of it must be tried.
	// Default 50,000, a fraction of a second on a phone.
	MaxNumber int64
	// ChallengeTTL is for how long a challenge can be redeemed. Default 5 min.
	ChallengeTTL time.Duration
	// PassTTL is for how long a pass is good. Default and at most MaxPassTTL.
	PassTTL  time.Duration
	Now      func() time.Time
	Registry prometheus.Registerer
}

// Service issues challenges and redeems them for passes. It is safe for
// concurrent use.
type Service struct {
	keys    keyring
	spent   Spent
	options Options
	issued  prometheus.Counter
	results *prometheus.CounterVec
}

var _ enforcement.Passes = (*Service)(nil)

// New returns a Service. The first key signs, all verify: to rotate, put the
// new one first and drop the old one after the challenges' life.
func New(keys [][]byte, spent Spent, o Options) (*Service, error) {
	if len(keys) == 0 {
		return nil, errors.New("challenge key is missing")
	}
	for i, key := range keys {
		if len(key) < minKey {
			return nil, fmt.Errorf("challenge key %d has %d bytes, want at least %d", i, len(key), minKey)
		}
	}
	if o.MaxNumber == 0 {
		o.MaxNumber = 50_000
	}
	if o.ChallengeTTL == 0 {
		o.ChallengeTTL = 5 * time.Minute
	}
	if o.PassTTL == 0 {
		o.PassTTL = MaxPassTTL
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.MaxNumber < 1 || o.ChallengeTTL < time.Second || o.PassTTL < time.Second || o.PassTTL > MaxPassTTL {
		return nil, fmt.Errorf("challenge options: max number %d, challenge ttl %v, pass ttl %v (1 s to %v)",
			o.MaxNumber, o.ChallengeTTL, o.PassTTL, MaxPassTTL)
	}
	metrics := promauto.With(o.Registry)
	return &Service{
		keys: keys, spent: spent, options: o,
		issued: metrics.NewCounter(prometheus.CounterOpts{
			Name: "fairgate_challenge_issued_total", Help: "Challenges given to visitors.",
		}),
		results: metrics.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_challenge_redeemed_total", Help: "Answers to challenges, by result.",
		}, []string{"result"}),
	}, nil
}

// Issue makes a challenge for a visitor and a scope. It fails with ErrBadScope
// or ErrNobody.
func (s *Service) Issue(_ context.Context, subject ingest.Subject, scope Scope) (Challenge, error) {
	tag, err := s.tag(s.keys[:1], subject, scope)
	if err != nil {
		return Challenge{}, err
	}
	number, err := rand.Int(rand.Reader, big.NewInt(s.options.MaxNumber+1))
	if err != nil {
		return Challenge{}, fmt.Errorf("make a challenge: %w", err)
	}
	var random [12]byte
	if _, err := rand.Read(random[:]); err != nil {
		return Challenge{}, fmt.Errorf("make a challenge: %w", err)
	}
	c := Challenge{
		Algorithm: Algorithm, MaxNumber: s.options.MaxNumber,
		Salt: newSalt(random[:], s.options.Now().Add(s.options.ChallengeTTL), tag[0]),
	}
	c.Challenge = digest(c.Salt, number.Int64())
	c.Signature = hex.EncodeToString(s.keys.sign("challenge", c.Challenge))
	s.issued.Inc()
	return c, nil
}

// tag is whom and what a challenge is for, under each of the keys: the account,
// or else the session, or else the device. The account alone is enough, so
// that the tag is the same before and after a device token is kept.
func (s *Service) tag(keys keyring, subject ingest.Subject, scope Scope) ([]string, error) {
	if err := scope.validate(); err != nil {
		return nil, err
	}
	which := bindings(subject)
	if which == "" {
		return nil, ErrNobody
	}
	values, _ := bound(which[:1], subject)
	tags := make([]string, len(keys))
	for i := range keys {
		tags[i] = hex.EncodeToString(keys[i:i+1].sign("tag", which[:1], values[0], string(scope.Kind), scope.Pool)[:8])
	}
	return tags, nil
}

// Redeem takes the widget's answer and gives a pass, once. It fails with
// ErrBadPayload, ErrExpired, ErrSpent, ErrForeign, ErrBadScope, ErrNobody, or
// the error of the store of spent challenges.
func (s *Service) Redeem(ctx context.Context, subject ingest.Subject, payload string, scope Scope) (Pass, error) {
	pass, err := s.redeem(ctx, subject, payload, scope)
	s.results.WithLabelValues(result(err)).Inc()
	return pass, err
}

func (s *Service) redeem(ctx context.Context, subject ingest.Subject, payload string, scope Scope) (Pass, error) {
	tags, err := s.tag(s.keys, subject, scope)
	if err != nil {
		return Pass{}, err
	}
	answer, err := decodeSolution(payload)
	if err != nil {
		return Pass{}, err
	}
	signature, err := hex.DecodeString(answer.Signature)
	if err != nil || !s.keys.verify(signature, "challenge", answer.Challenge) || !answer.solved() {
		return Pass{}, fmt.Errorf("%w: not the answer to a challenge of ours", ErrBadPayload)
	}
	expires, tag, err := answer.parameters()
	if err != nil {
		return Pass{}, err
	}
	now := s.options.Now()
	if !now.Before(expires) {
		return Pass{}, ErrExpired
	}
	ours := false
	for _, t := range tags {
		ours = hmac.Equal([]byte(t), []byte(tag)) || ours
	}
	if !ours {
		return Pass{}, ErrForeign
	}
	first, err := s.spent.Once(ctx, answer.Challenge, expires.Sub(now)+time.Second)
	if err != nil {
		return Pass{}, fmt.Errorf("spend a challenge: %w", err)
	}
	if !first {
		return Pass{}, ErrSpent
	}
	return s.pass(subject, scope, now)
}

func (s *Service) pass(subject ingest.Subject, scope Scope, now time.Time) (Pass, error) {
	var id [16]byte
	if _, err := rand.Read(id[:]); err != nil {
		return Pass{}, fmt.Errorf("make a pass: %w", err)
	}
	p := Pass{Expires: now.Add(s.options.PassTTL).UTC().Truncate(time.Millisecond)}
	c := claims{
		ID: hex.EncodeToString(id[:]), Kind: scope.Kind, Pool: scope.Pool, Expires: p.Expires.UnixMilli(),
		Bound: bindings(subject),
	}
	var err error
	p.Token, err = c.encode(s.keys, subject)
	return p, err
}

// Verify implements enforcement.Passes: the pass must be ours, made for the
// event's account or session, device, kind and pool, and not expired at the
// event's time.
func (s *Service) Verify(pass string, e *ingest.Event) (burn string, ok bool) {
	c, ok := decodePass(s.keys, pass, e.Subject)
	if !ok || c.ID == "" || c.Kind != e.Kind || (c.Pool != "" && c.Pool != e.Order.Pool) {
		return "", false
	}
	left := c.Expires - e.Time.UnixMilli()
	if left <= 0 || left > (MaxPassTTL+time.Minute).Milliseconds() {
		return "", false
	}
	return c.ID, true
}

// result is the metric label of an error.
func result(err error) string {
	for name, known := range map[string]error{
		"bad": ErrBadPayload, "expired": ErrExpired, "spent": ErrSpent, "foreign": ErrForeign, "scope": ErrBadScope,
		"nobody": ErrNobody,
	} {
		if errors.Is(err, known) {
			return name
		}
	}
	if err != nil {
		return "error"
	}
	return "passed"
}
