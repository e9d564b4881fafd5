// Package challenge asks a browser to prove some work and gives a pass for it.
//
// The proof of work follows version 1 of the ALTCHA widget's protocol: find
// the number whose SHA-256 with the salt is the challenge
// (https://altcha.org/docs/v2/, "Proof-of-Work Captcha"). A pass is a signed,
// single-use token for one visitor, one kind of request and one pool; screening
// verifies it without a round trip and burns its id in the one that it makes
// anyway. A pass satisfies challenges and nothing else.
package challenge

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"strconv"
	"strings"
	"time"

	"fairgate/ingest"
)

// Algorithm is the only one offered.
const Algorithm = "SHA-256"

// maxPayload bounds an answer, in bytes of base64.
const maxPayload = 2048

// Errors of Redeem. All of them mean: ask for a new challenge.
var (
	ErrMalformed = errors.New("the answer cannot be read")
	ErrForged    = errors.New("the challenge was not made here, or for somebody else")
	ErrExpired   = errors.New("the challenge is too old")
	ErrWrong     = errors.New("the number is not the answer")
	ErrSpent     = errors.New("the challenge was answered before")
)

// Spent remembers used challenges for the whole fleet. *redis.Client's adapter
// in challenge/redis is one.
type Spent interface {
	// Once reports whether id is presented for the first time within ttl.
	Once(ctx context.Context, id string, ttl time.Duration) (bool, error)
}

// Options tune a Service. The zero value is usable.
type Options struct {
	// MaxNumber is the highest number that may be hidden; the mean work is half
	// of it in hashes. Default 50,000.
	MaxNumber int
	// Life of a challenge, and of the pass won. Defaults 5 min and 2 min.
	Life, PassLife time.Duration
	Now            func() time.Time
}

// Service makes and checks challenges and passes. It is safe for concurrent
// use; every gateway of a fleet has one with the same key.
type Service struct {
	key   []byte
	spent Spent
	o     Options
}

// New makes a Service that signs with key, at least 32 bytes.
func New(key []byte, spent Spent, o Options) (*Service, error) {
	if len(key) < 32 {
		return nil, fmt.Errorf("challenge key: %d bytes, at least 32", len(key))
	}
	if o.MaxNumber <= 0 {
		o.MaxNumber = 50_000
	}
	if o.Life <= 0 {
		o.Life = 5 * time.Minute
	}
	if o.PassLife <= 0 {
		o.PassLife = 2 * time.Minute
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{key: key, spent: spent, o: o}, nil
}

// Scope is what a pass is for.
type Scope struct {
	Kind ingest.Kind
	Pool string
}

// Challenge is what the widget gets.
type Challenge struct {
	Algorithm string `json:"algorithm"`
	Challenge string `json:"challenge"` // hex SHA-256 of salt and number
	MaxNumber int    `json:"maxnumber"`
	Salt      string `json:"salt"`
	Signature string `json:"signature"` // hex HMAC-SHA256 of the challenge
}

// answer is what the widget sends back.
type answer struct {
	Algorithm string `json:"algorithm"`
	Challenge string `json:"challenge"`
	Number    int    `json:"number"`
	Salt      string `json:"salt"`
	Signature string `json:"signature"`
}

// Issue makes a challenge for a visitor. It needs no store.
func (s *Service) Issue(subject ingest.Subject, scope Scope) (Challenge, error) {
	number, err := rand.Int(rand.Reader, big.NewInt(int64(s.o.MaxNumber)+1))
	if err != nil {
		return Challenge{}, fmt.Errorf("draw a number: %w", err)
	}
	nonce := make([]byte, 12)
	_, _ = rand.Read(nonce) // never fails
	expires := s.o.Now().Add(s.o.Life).Unix()
	salt := fmt.Sprintf("%s?expires=%d&for=%s&", hex.EncodeToString(nonce), expires, s.bind("challenge", subject, scope)[:16])
	c := Challenge{Algorithm: Algorithm, MaxNumber: s.o.MaxNumber, Salt: salt, Challenge: work(salt, int(number.Int64()))}
	c.Signature = s.sign("altcha", c.Challenge)
	return c, nil
}

// Pass lets one request of its scope through a challenge.
type Pass struct {
	Token   string    `json:"pass"`
	Expires time.Time `json:"expires_at"`
}

// Redeem checks an answer (base64 of its JSON) and gives the pass.
func (s *Service) Redeem(ctx context.Context, subject ingest.Subject, scope Scope, payload string) (Pass, error) {
	a, err := parse(payload)
	if err != nil {
		return Pass{}, err
	}
	if !equal(a.Signature, s.sign("altcha", a.Challenge)) {
		return Pass{}, ErrForged
	}
	// Only now is the salt known to be ours: the challenge covers it.
	if !equal(a.Challenge, work(a.Salt, a.Number)) {
		return Pass{}, ErrWrong
	}
	expires, bound, err := parseSalt(a.Salt)
	if err != nil {
		return Pass{}, err
	}
	now := s.o.Now()
	switch {
	case !equal(bound, s.bind("challenge", subject, scope)[:16]):
		return Pass{}, ErrForged
	case !now.Before(expires):
		return Pass{}, ErrExpired
	}
	first, err := s.spent.Once(ctx, a.Challenge, s.o.Life)
	if err != nil {
		return Pass{}, fmt.Errorf("remember the answer: %w", err)
	}
	if !first {
		return Pass{}, ErrSpent
	}
	return s.pass(subject, scope, now), nil
}

func parse(payload string) (answer, error) {
	var a answer
	if len(payload) > maxPayload {
		return a, fmt.Errorf("%w: %d bytes, at most %d", ErrMalformed, len(payload), maxPayload)
	}
	text, err := base64.StdEncoding.DecodeString(payload)
	if err != nil {
		return a, fmt.Errorf("%w: not base64", ErrMalformed)
	}
	if err := json.Unmarshal(text, &a); err != nil {
		return a, fmt.Errorf("%w: not the JSON of an answer", ErrMalformed)
	}
	if a.Algorithm != Algorithm {
		return a, fmt.Errorf("%w: algorithm %.20q, want %s", ErrMalformed, a.Algorithm, Algorithm)
	}
	if a.Number < 0 {
		return a, fmt.Errorf("%w: negative number", ErrMalformed)
	}
	return a, nil
}

func parseSalt(salt string) (expires time.Time, bound string, err error) {
	_, query, _ := strings.Cut(salt, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		return expires, "", fmt.Errorf("%w: salt", ErrMalformed)
	}
	seconds, err := strconv.ParseInt(values.Get("expires"), 10, 64)
	if err != nil {
		return expires, "", fmt.Errorf("%w: salt without an expiry", ErrMalformed)
	}
	return time.Unix(seconds, 0), values.Get("for"), nil
}

// work is the hash that the number is found by.
func work(salt string, number int) string {
	sum := sha256.Sum256([]byte(salt + strconv.Itoa(number)))
	return hex.EncodeToString(sum[:])
}

// sign is the keyed hash of a text for one purpose.
func (s *Service) sign(purpose, text string) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(purpose))
	mac.Write([]byte{0})
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

// bind names a visitor and a scope, as far as they are known, in a keyed hash.
func (s *Service) bind(purpose string, subject ingest.Subject, scope Scope) string {
	who := subject.Account
	if who == "" {
		who = "session " + subject.Session
	}
	parts, _ := json.Marshal([]string{who, subject.Device, string(scope.Kind), scope.Pool}) // strings always encode
	return s.sign("bind "+purpose, string(parts))
}

func equal(a, b string) bool { return hmac.Equal([]byte(a), []byte(b)) }
