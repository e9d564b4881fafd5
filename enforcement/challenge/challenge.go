package challenge

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"fairgate/ingest"
)

// Algorithm is the only one offered and accepted.
const Algorithm = "SHA-256"

// Bounds of what a visitor sends.
const (
	maxPayload = 4 << 10 // base64
	maxPool    = 128
)

// Errors of a Service.
var (
	// ErrBadPayload: the answer is malformed, wrong or not ours.
	ErrBadPayload = errors.New("bad challenge answer")
	// ErrExpired: the challenge is too old.
	ErrExpired = errors.New("challenge expired")
	// ErrSpent: the challenge was redeemed before.
	ErrSpent = errors.New("challenge already redeemed")
	// ErrForeign: the challenge was made for another visitor or scope.
	ErrForeign = errors.New("challenge is for another visitor or scope")
	// ErrBadScope: the kind of request is unknown or the pool too long.
	ErrBadScope = errors.New("bad challenge scope")
	// ErrBadTicket: nobody was asked for this challenge.
	ErrBadTicket = errors.New("bad challenge ticket")
	// ErrNobody: the visitor has no account, session or device to bind to.
	ErrNobody = errors.New("no account, session or device to bind a pass to")
)

// Challenge is what the widget is given. What the protocol names is empty where
// the grade is not a proof of work.
type Challenge struct {
	Algorithm string `json:"algorithm,omitempty"`
	Challenge string `json:"challenge,omitempty"` // hex SHA-256 of salt and number
	MaxNumber int64  `json:"maxnumber,omitempty"`
	Salt      string `json:"salt,omitempty"`
	Signature string `json:"signature,omitempty"` // hex HMAC-SHA-256 of Challenge
	// Grade is what is asked for; SMS says that a code by text message does, too.
	Grade Grade `json:"grade"`
	SMS   bool  `json:"sms"`
}

// Scope is what a challenge and its pass are good for.
type Scope struct {
	Kind ingest.Kind `json:"kind"`
	Pool string      `json:"pool,omitempty"` // empty: every pool
}

func (s Scope) validate() error {
	if !s.Kind.Valid() {
		return fmt.Errorf("%w: kind %q is unknown", ErrBadScope, s.Kind)
	}
	if len(s.Pool) > maxPool {
		return fmt.Errorf("%w: pool has %d bytes, at most %d", ErrBadScope, len(s.Pool), maxPool)
	}
	return nil
}

// solution is the widget's answer: base64 of this as JSON. The widget may add
// fields (took, test); they mean nothing here.
type solution struct {
	Algorithm string `json:"algorithm"`
	Challenge string `json:"challenge"`
	Number    int64  `json:"number"`
	Salt      string `json:"salt"`
	Signature string `json:"signature"`
}

// decodeSolution reads the widget's answer.
func decodeSolution(payload string) (solution, error) {
	var s solution
	if payload == "" || len(payload) > maxPayload {
		return s, fmt.Errorf("%w: %d bytes, want 1 to %d", ErrBadPayload, len(payload), maxPayload)
	}
	data, err := base64.StdEncoding.DecodeString(payload)
	if err != nil {
		return s, fmt.Errorf("%w: no base64", ErrBadPayload)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(&s); err != nil {
		return solution{}, fmt.Errorf("%w: no JSON of the right shape", ErrBadPayload)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return solution{}, fmt.Errorf("%w: text after the JSON", ErrBadPayload)
	}
	return s, nil
}

// solved reports whether the number answers the challenge.
func (s solution) solved() bool {
	return s.Algorithm == Algorithm && s.Number >= 0 && hmac.Equal([]byte(digest(s.Salt, s.Number)), []byte(s.Challenge))
}

// parameters are what the salt carries: when the challenge was made and until
// when it is good, how hard it is, and whom it is for.
type parameters struct {
	made, expires time.Time
	band          Band
	bound         string // which of account, session and device the tag is of
	tag           string
}

// parameters reads the salt. It must end with the delimiter, or digits could be
// moved between it and the number without changing the hash.
func (s solution) parameters() (parameters, error) {
	_, query, found := strings.Cut(s.Salt, "?")
	if !found || !strings.HasSuffix(query, "&") {
		return parameters{}, fmt.Errorf("%w: salt without parameters", ErrBadPayload)
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return parameters{}, fmt.Errorf("%w: salt without parameters", ErrBadPayload)
	}
	seconds, err := strconv.ParseInt(values.Get("expires"), 10, 64)
	if err != nil {
		return parameters{}, fmt.Errorf("%w: salt without an expiry", ErrBadPayload)
	}
	made, err := strconv.ParseInt(values.Get("made"), 10, 64)
	if err != nil {
		return parameters{}, fmt.Errorf("%w: salt without its time", ErrBadPayload)
	}
	p := parameters{made: time.UnixMilli(made), expires: time.Unix(seconds, 0), band: Band(values.Get("band")), bound: values.Get("for"), tag: values.Get("tag")}
	if !p.band.Valid() {
		return parameters{}, fmt.Errorf("%w: salt without a band", ErrBadPayload)
	}
	return p, nil
}

// newSalt is random bytes with the parameters behind them.
func newSalt(random []byte, p parameters) string {
	return fmt.Sprintf("%s?expires=%d&made=%d&band=%s&for=%s&tag=%s&",
		hex.EncodeToString(random), p.expires.Unix(), p.made.UnixMilli(), p.band, p.bound, p.tag)
}

// digest is the hash that the widget must find the number of.
func digest(salt string, number int64) string {
	sum := sha256.Sum256(strconv.AppendInt([]byte(salt), number, 10))
	return hex.EncodeToString(sum[:])
}

// keyring is a list of secrets: the first signs, all verify.
type keyring [][]byte

// sign is the HMAC-SHA-256 of the parts under the first key.
func (k keyring) sign(purpose string, parts ...string) []byte { return mac(k[0], purpose, parts) }

// verify reports whether sum is the HMAC of the parts under any key.
func (k keyring) verify(sum []byte, purpose string, parts ...string) bool {
	good := false
	for _, key := range k {
		if hmac.Equal(sum, mac(key, purpose, parts)) {
			good = true
		}
	}
	return good
}

// mac frames each part with its length, so that no two lists of parts share a
// sum.
func mac(key []byte, purpose string, parts []string) []byte {
	h := hmac.New(sha256.New, key)
	for _, part := range append([]string{purpose}, parts...) {
		_, _ = fmt.Fprintf(h, "%d:%s", len(part), part) // a hash never fails
	}
	return h.Sum(nil)
}
