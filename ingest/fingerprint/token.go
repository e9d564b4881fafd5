package fingerprint

import (
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Why a presented device token was not believed. Whatever the reason, the
// request counts as one without a token and gets a new one.
var (
	ErrTokenMalformed = errors.New("device token is malformed")
	ErrTokenForged    = errors.New("device token is not signed by a known key")
	ErrTokenExpired   = errors.New("device token has expired")
	ErrTokenFuture    = errors.New("device token was issued in the future")
)

// Flags of a device token.
const (
	// FlagMiniProgram marks a token that was issued to a client without a
	// cookie store.
	FlagMiniProgram byte = 1 << iota
)

// Layout of a token: "v1." + base64url(payload) + "." + base64url(mac), where
// payload = 16 bytes of id, 8 bytes of issue time in Unix milliseconds (big
// endian), 1 byte of flags, and mac = the first 16 bytes of
// HMAC-SHA256(key, "v1." + base64url(payload)).
const (
	tokenVersion   = "v1."
	idBytes        = 16
	payloadBytes   = idBytes + 8 + 1
	macBytes       = 16
	tokenSkew      = 5 * time.Minute
	maxTokenLength = 128
	// DefaultTokenMaxAge is the longest life that browsers give a cookie.
	DefaultTokenMaxAge = 400 * 24 * time.Hour
)

// encoding is strict, so that each token has one spelling only.
var encoding = base64.RawURLEncoding.Strict()

// Device is what a device token says.
type Device struct {
	ID     string // 32 hexadecimal digits
	Issued time.Time
	Flags  byte
}

// Tokens issues and verifies device tokens. A token is bound to nothing but
// its id: not to an address, which changes under a traveller, nor to an
// account. It is safe for concurrent use.
type Tokens struct {
	current, previous *MAC // previous may be nil
	maxAge            time.Duration
	now               func() time.Time
}

// TokenOptions adjusts Tokens; zero values mean the defaults named.
type TokenOptions struct {
	// Previous is the key before the last rotation; tokens signed with it are
	// still believed.
	Previous []byte
	MaxAge   time.Duration // DefaultTokenMaxAge
	Now      func() time.Time
}

// NewTokens makes an issuer that signs with key (at least MinMasterKey bytes).
func NewTokens(key []byte, o TokenOptions) (*Tokens, error) {
	if len(key) < MinMasterKey {
		return nil, fmt.Errorf("new device tokens: current key: %w: %d bytes, at least %d", ErrShortKey, len(key), MinMasterKey)
	}
	if n := len(o.Previous); n > 0 && n < MinMasterKey {
		return nil, fmt.Errorf("new device tokens: previous key: %w: %d bytes, at least %d", ErrShortKey, n, MinMasterKey)
	}
	if o.MaxAge <= 0 {
		o.MaxAge = DefaultTokenMaxAge
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	t := &Tokens{current: NewMAC(key), maxAge: o.MaxAge, now: o.Now}
	if len(o.Previous) > 0 {
		t.previous = NewMAC(o.Previous)
	}
	return t, nil
}

// MaxAge is how long a token is believed after its issue.
func (t *Tokens) MaxAge() time.Duration { return t.maxAge }

// Issue makes a token with a new random id.
func (t *Tokens) Issue(flags byte) (string, Device) {
	var payload [payloadBytes]byte
	rand.Read(payload[:idBytes]) // never fails: crypto/rand ends the process instead
	issued := t.now().UTC().Truncate(time.Millisecond)
	binary.BigEndian.PutUint64(payload[idBytes:], uint64(issued.UnixMilli()))
	payload[payloadBytes-1] = flags
	head := tokenVersion + encoding.EncodeToString(payload[:])
	mac := t.current.SumText(head)
	token := head + "." + encoding.EncodeToString(mac[:macBytes])
	return token, Device{ID: hex.EncodeToString(payload[:idBytes]), Issued: issued, Flags: flags}
}

// Verify reads a token. Its errors are the ErrToken values.
func (t *Tokens) Verify(token string) (Device, error) {
	dot := strings.LastIndexByte(token, '.')
	if len(token) > maxTokenLength || dot < len(tokenVersion) || !strings.HasPrefix(token, tokenVersion) {
		return Device{}, ErrTokenMalformed
	}
	var payload [payloadBytes]byte
	var mac [macBytes]byte
	if !decodeExactly(payload[:], token[len(tokenVersion):dot]) || !decodeExactly(mac[:], token[dot+1:]) {
		return Device{}, ErrTokenMalformed
	}
	if !t.signed(token[:dot], mac[:]) {
		return Device{}, ErrTokenForged
	}
	ms := binary.BigEndian.Uint64(payload[idBytes:])
	issued := time.UnixMilli(int64(ms)).UTC() //nolint:gosec // written by Issue
	switch age := t.now().Sub(issued); {
	case age < -tokenSkew:
		return Device{}, ErrTokenFuture
	case age > t.maxAge:
		return Device{}, ErrTokenExpired
	}
	return Device{ID: hex.EncodeToString(payload[:idBytes]), Issued: issued, Flags: payload[payloadBytes-1]}, nil
}

// decodeExactly fills to from its Base64 form, and reports whether that was
// all.
func decodeExactly(to []byte, text string) bool {
	if len(text) != encoding.EncodedLen(len(to)) {
		return false
	}
	var from [maxTokenLength]byte
	n, err := encoding.Decode(to, from[:copy(from[:], text)])
	return err == nil && n == len(to)
}

// signed compares in constant time under both keys.
func (t *Tokens) signed(head string, mac []byte) bool {
	full := t.current.SumText(head)
	if hmac.Equal(mac, full[:macBytes]) {
		return true
	}
	if t.previous == nil {
		return false
	}
	full = t.previous.SumText(head)
	return hmac.Equal(mac, full[:macBytes])
}
