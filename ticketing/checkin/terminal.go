package checkin

import (
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"fairgate/ticketing"
)

// Kind says what a terminal is.
type Kind string

// The kinds of terminal.
const (
	Handheld Kind = "handheld"
	Standing Kind = "standing"
)

// Valid reports whether k is one of the known kinds.
func (k Kind) Valid() bool { return k == Handheld || k == Standing }

// Terminal is a device at a gate. Times are UTC in whole milliseconds, zero =
// not yet.
type Terminal struct {
	ID         string
	Name       string // unique among those that are not revoked
	Kind       Kind
	Gate       string
	Pools      []string // that it admits to
	CreatedAt  time.Time
	RevokedAt  time.Time
	SignPublic []byte // Ed25519
	SealPublic []byte // X25519

	SessionHash      []byte // SHA-256 of the token; empty = signed out
	SessionExpiresAt time.Time
	SignedInAt       time.Time
	SeenAt           time.Time
	Skew             time.Duration // of its clock, when last seen; positive = fast
	AppVersion       string
}

// Setting is what the house decides about a terminal.
type Setting struct {
	Name  string   `json:"name"`
	Kind  Kind     `json:"kind"`
	Gate  string   `json:"gate"`
	Pools []string `json:"pools"`
}

// Setting is what the house decided about t.
func (t Terminal) Setting() Setting {
	return Setting{Name: t.Name, Kind: t.Kind, Gate: t.Gate, Pools: t.Pools}
}

// Bounds of a terminal's setting.
const (
	maxTerminalName  = 100 // bytes
	maxTerminalPools = 50
)

// validate names the first field that is wrong.
func (s Setting) validate() error {
	if s.Name == "" || len(s.Name) > maxTerminalName || !plain(s.Name) {
		return invalidField("name", "want 1 to %d bytes of text, got %d", maxTerminalName, len(s.Name))
	}
	if !s.Kind.Valid() {
		return invalidField("kind", "want handheld or standing, got %q", shorten(string(s.Kind)))
	}
	if !ticketing.ValidGate(s.Gate) {
		return invalidField("gate", "want 1 to 64 of a-z, 0-9, _ and -, got %q", shorten(s.Gate))
	}
	if len(s.Pools) == 0 || len(s.Pools) > maxTerminalPools {
		return invalidField("pools", "want 1 to %d, got %d", maxTerminalPools, len(s.Pools))
	}
	for i, pool := range s.Pools {
		if slices.Contains(s.Pools[:i], pool) {
			return invalidField("pools", "%q is named twice", shorten(pool))
		}
	}
	return nil
}

// plain reports whether a text is UTF-8 without control characters.
func plain(text string) bool {
	if !utf8.ValidString(text) {
		return false
	}
	for _, r := range text {
		if unicode.IsControl(r) {
			return false
		}
	}
	return true
}

// shorten bounds a caller's text before it is repeated in an error.
func shorten(s string) string {
	const most = 40
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
