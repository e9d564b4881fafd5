package challenge

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/big"
	"time"

	"github.com/prometheus/client_golang/prometheus"

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

// SlowPhone is how many hashes a second a phone of many years ago tries; MaxWait
// is the longest that one may work on the hardest challenge. RATIONALE.md says
// how the rate was measured.
const (
	SlowPhone = 50_000
	MaxWait   = 10 * time.Second
)

// HardestNumber bounds the difficulty, whatever is configured.
const HardestNumber = SlowPhone * int64(MaxWait/time.Second)

// Options tune a Service. The zero value is usable.
type Options struct {
	// MaxNumber is the highest number of the hardest band; on average half of
	// it must be tried. Default 300,000, at most HardestNumber.
	MaxNumber int64
	// Busy is how many challenges a second, given by this process, make each
	// harder by one band; four times as many by two. Default 50.
	Busy float64
	// ChallengeTTL is for how long a challenge can be redeemed. Default 5 min.
	ChallengeTTL time.Duration
	// PassTTL is for how long a pass is good. Default and at most MaxPassTTL.
	PassTTL time.Duration
	// Attempts remembers what became of challenges; nil: this process does.
	Attempts Attempts
	// StepUp is the second grade; nil: there is none.
	StepUp StepUp
	// Wrong is told of the first wrong answers of each visitor; nil: nobody is.
	Wrong func(context.Context, Wrong)
	// Random is where numbers to be found and ids come from; nil: the system's
	// secure source. What can be foretold is no challenge: only a simulation,
	// which must repeat, has one of its own.
	Random   io.Reader
	Now      func() time.Time
	Registry prometheus.Registerer
}

// attemptsWindow is over how long unmet challenges make the next harder: this
// window and the one before it.
const attemptsWindow = 10 * time.Minute

// Visitor is who is challenged, as far as it was proved.
type Visitor struct {
	Subject ingest.Subject
	Subnet  string
}

// Service issues challenges and redeems them for passes. It is safe for
// concurrent use.
type Service struct {
	keys    keyring
	spent   Spent
	options Options
	load    load
	metrics metrics
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
		o.MaxNumber = 300_000
	}
	if o.Busy == 0 {
		o.Busy = 50
	}
	if o.ChallengeTTL == 0 {
		o.ChallengeTTL = 5 * time.Minute
	}
	if o.PassTTL == 0 {
		o.PassTTL = MaxPassTTL
	}
	if o.Attempts == nil {
		o.Attempts = NewMemoryAttempts()
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.MaxNumber < 1 || o.MaxNumber > HardestNumber || o.Busy < 0 ||
		o.ChallengeTTL < time.Second || o.PassTTL < time.Second || o.PassTTL > MaxPassTTL {
		return nil, fmt.Errorf("challenge options: max number %d (1 to %d), busy %v, challenge ttl %v, pass ttl %v (1 s to %v)",
			o.MaxNumber, HardestNumber, o.Busy, o.ChallengeTTL, o.PassTTL, MaxPassTTL)
	}
	return &Service{keys: keys, spent: spent, options: o, metrics: newMetrics(o.Registry)}, nil
}

// Issue makes a challenge for a visitor who holds the ticket of a decision that
// asked for one. It fails with ErrBadScope, ErrNobody, ErrBadTicket, ErrForeign
// or ErrExpired.
func (s *Service) Issue(ctx context.Context, v Visitor, text string, scope Scope) (Challenge, error) {
	which, err := bindable(v.Subject, scope)
	if err != nil {
		return Challenge{}, err
	}
	tags, err := s.tags(s.keys[:1], which, v.Subject, scope)
	if err != nil {
		return Challenge{}, err
	}
	asked, err := s.asked(v.Subject, text, scope)
	if err != nil {
		return Challenge{}, err
	}
	now := s.options.Now()
	want, err := s.demand(ctx, v, asked.steps, now)
	if err != nil {
		return Challenge{}, err
	}
	c := Challenge{Grade: want.grade, SMS: s.options.StepUp != nil && v.Subject.Account != ""}
	if want.grade == GradeSMS {
		s.metrics.issued.WithLabelValues(string(GradeSMS), noBand).Inc()
		return c, nil
	}
	most := want.band.work(s.options.MaxNumber)
	number, err := rand.Int(s.options.Random, big.NewInt(most+1))
	if err != nil {
		return Challenge{}, fmt.Errorf("make a challenge: %w", err)
	}
	var random [12]byte
	if _, err := io.ReadFull(s.options.Random, random[:]); err != nil {
		return Challenge{}, fmt.Errorf("make a challenge: %w", err)
	}
	c.Algorithm, c.MaxNumber = Algorithm, most
	c.Salt = newSalt(random[:], parameters{made: now, expires: now.Add(s.options.ChallengeTTL), band: want.band, bound: which, tag: tags[0]})
	c.Challenge = digest(c.Salt, number.Int64())
	c.Signature = hex.EncodeToString(s.keys.sign("challenge", c.Challenge))
	s.metrics.issued.WithLabelValues(string(GradeProof), string(want.band)).Inc()
	return c, nil
}

// demand counts one challenge and says what it is to ask for.
func (s *Service) demand(ctx context.Context, v Visitor, steps int, now time.Time) (demand, error) {
	keys := s.tallyKeys("try", v.Subject, v.Subnet)
	found, err := s.options.Attempts.Count(ctx, keys, attemptsWindow, now, Tally{Issued: 1})
	if err != nil {
		return demand{}, fmt.Errorf("count a challenge: %w", err)
	}
	r := risk{
		steps: steps, perSec: s.load.add(now), busy: s.options.Busy,
		stepsUp: s.options.StepUp != nil && v.Subject.Account != "",
	}
	if v.Subnet != "" {
		r.subnet, found = found[len(found)-1], found[:len(found)-1]
	}
	for _, t := range found {
		t.Issued-- // this one is not unmet yet
		if t.open() > r.own.open() {
			r.own = t
		}
	}
	want := r.decide()
	if want.grade != GradeSMS {
		return want, nil
	}
	if r.stepsUp, err = s.reachable(ctx, v, now); err != nil {
		return demand{}, err
	}
	return r.decide(), nil
}

// tallyKeys name whom attempts are counted for: the account or else the
// session, the device unless it is only being issued, and the subnet last. What
// is stored tells none of them.
func (s *Service) tallyKeys(purpose string, subject ingest.Subject, subnet string) []string {
	var keys []string
	add := func(kind, value string) {
		if value != "" {
			keys = append(keys, purpose+":"+hex.EncodeToString(s.keys.sign("tally", kind, value)[:12]))
		}
	}
	if subject.Account != "" {
		add("account", subject.Account)
	} else {
		add("session", subject.Session)
	}
	if !subject.DeviceFresh {
		add("device", subject.Device)
	}
	add("subnet", subnet)
	return keys
}

// tally counts what became of a challenge.
func (s *Service) tally(ctx context.Context, v Visitor, now time.Time, add Tally) error {
	if _, err := s.options.Attempts.Count(ctx, s.tallyKeys("try", v.Subject, v.Subnet), attemptsWindow, now, add); err != nil {
		return fmt.Errorf("count an answer: %w", err)
	}
	return nil
}

// tags is whom and what a challenge is for, under each of the keys: the account,
// session and device that which names.
func (s *Service) tags(keys keyring, which string, subject ingest.Subject, scope Scope) ([]string, error) {
	values, ok := bound(which, subject)
	if !ok {
		return nil, ErrForeign
	}
	parts := append([]string{which, string(scope.Kind), scope.Pool}, values...)
	tags := make([]string, len(keys))
	for i := range keys {
		tags[i] = hex.EncodeToString(keys[i:i+1].sign("tag", parts...)[:8])
	}
	return tags, nil
}

// bindable names to what a visitor can be bound, for a scope that there is.
func bindable(subject ingest.Subject, scope Scope) (which string, err error) {
	if err := scope.validate(); err != nil {
		return "", err
	}
	if which = bindings(subject); which == "" {
		return "", ErrNobody
	}
	return which, nil
}

// Redeem takes the widget's answer and gives a pass, once. It fails with
// ErrBadPayload, ErrExpired, ErrSpent, ErrForeign, ErrBadScope, ErrNobody, or
// the error of the store of spent challenges.
func (s *Service) Redeem(ctx context.Context, v Visitor, payload string, scope Scope) (Pass, error) {
	pass, p, err := s.redeem(ctx, v, payload, scope)
	band, took := noBand, time.Duration(0)
	if p.band.Valid() {
		band, took = string(p.band), max(s.options.Now().Sub(p.made), 0)
	}
	s.metrics.answered(GradeProof, band, err, took)
	return pass, err
}

// redeem returns the challenge's parameters, too, where it was one of ours.
func (s *Service) redeem(ctx context.Context, v Visitor, payload string, scope Scope) (Pass, parameters, error) {
	if _, err := bindable(v.Subject, scope); err != nil {
		return Pass{}, parameters{}, err
	}
	now := s.options.Now()
	answer, p, err := s.answer(payload)
	if err != nil {
		return Pass{}, p, errors.Join(err, s.wrong(ctx, v, scope, now))
	}
	if !now.Before(p.expires) {
		return Pass{}, p, ErrExpired
	}
	if !s.madeFor(p, v.Subject, scope) {
		return Pass{}, p, errors.Join(ErrForeign, s.wrong(ctx, v, scope, now))
	}
	first, err := s.spent.Once(ctx, answer.Challenge, p.expires.Sub(now)+time.Second)
	if err != nil {
		return Pass{}, p, fmt.Errorf("spend a challenge: %w", err)
	}
	if !first {
		return Pass{}, p, ErrSpent
	}
	if err := s.tally(ctx, v, now, Tally{Solved: 1}); err != nil {
		return Pass{}, p, err
	}
	pass, err := s.pass(v, scope, p.made, now)
	return pass, p, err
}

// madeFor reports whether a challenge was made for the visitor and the scope.
func (s *Service) madeFor(p parameters, subject ingest.Subject, scope Scope) bool {
	tags, err := s.tags(s.keys, p.bound, subject, scope)
	ours := false
	for _, t := range tags {
		ours = hmac.Equal([]byte(t), []byte(p.tag)) || ours
	}
	return ours && err == nil
}

// answer reads an answer that is right, to a challenge of ours.
func (s *Service) answer(payload string) (solution, parameters, error) {
	answer, err := decodeSolution(payload)
	if err != nil {
		return solution{}, parameters{}, err
	}
	signature, err := hex.DecodeString(answer.Signature)
	if err != nil || !s.keys.verify(signature, "challenge", answer.Challenge) || !answer.solved() {
		return solution{}, parameters{}, fmt.Errorf("%w: not the answer to a challenge of ours", ErrBadPayload)
	}
	p, err := answer.parameters()
	return answer, p, err
}

// pass is what a visitor gets who has met at now a challenge made at made.
func (s *Service) pass(v Visitor, scope Scope, made, now time.Time) (Pass, error) {
	var id [16]byte
	if _, err := io.ReadFull(s.options.Random, id[:]); err != nil {
		return Pass{}, fmt.Errorf("make a pass: %w", err)
	}
	p := Pass{Expires: now.Add(s.options.PassTTL).UTC().Truncate(time.Millisecond)}
	c := claims{
		ID: hex.EncodeToString(id[:]), Kind: scope.Kind, Pool: scope.Pool, Expires: p.Expires.UnixMilli(),
		Bound: bindings(v.Subject), Met: now.UnixMilli(), Took: max(now.Sub(made).Milliseconds(), 1),
	}
	if v.Subnet != "" {
		c.Place = place(s.keys[:1], v.Subnet)
	}
	var err error
	p.Token, err = c.encode(s.keys, v.Subject)
	return p, err
}

// place is a subnet as a pass has it.
func place(key keyring, subnet string) string {
	return hex.EncodeToString(key.sign("place", subnet)[:8])
}

// Verify implements enforcement.Passes: the pass must be ours, made for the
// event's account or session, device, kind and pool, and not expired at the
// event's time. met says how the challenge was met.
func (s *Service) Verify(pass string, e *ingest.Event) (burn string, met ingest.Pass, ok bool) {
	c, ok := decodePass(s.keys, pass, e.Subject)
	if !ok || c.ID == "" || c.Kind != e.Kind || (c.Pool != "" && c.Pool != e.Order.Pool) {
		return "", met, false
	}
	left := c.Expires - e.Time.UnixMilli()
	if left <= 0 || left > (MaxPassTTL+time.Minute).Milliseconds() {
		return "", met, false
	}
	if c.Took > 0 {
		met.Solve = int(min(c.Took, maxMet))
		met.Gap = int(min(max(e.Time.UnixMilli()-c.Met, 0), maxMet))
		met.Moved = c.Place != "" && e.Client.Subnet != ""
		for i := range s.keys {
			met.Moved = met.Moved && place(s.keys[i:i+1], e.Client.Subnet) != c.Place
		}
	}
	return c.ID, met, true
}

// maxMet bounds the times that a pass tells, in milliseconds.
const maxMet = int64(time.Hour / time.Millisecond)
