package challenge

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"fairgate/ingest"
)

// maxPass is the longest pass that is looked at, in bytes.
const maxPass = 1 << 10

// passVersion begins every pass.
const passVersion = "v1"

// Pass lets its visitor through one challenge.
type Pass struct {
	Token   string    `json:"pass"`
	Expires time.Time `json:"expires_at"`
}

// claims is the readable half of a pass. Whom it is bound to is not in it,
// only which of account (a), session (s) and device (d): their values are
// signed with it.
type claims struct {
	ID      string      `json:"i"`
	Kind    ingest.Kind `json:"k"`
	Pool    string      `json:"p,omitempty"`
	Expires int64       `json:"x"` // milliseconds since 1970 UTC
	Bound   string      `json:"b"`
	// How the challenge was met: when it was answered (milliseconds since 1970
	// UTC), how long that took (ms), and from which subnet (a keyed hash; empty:
	// not known).
	Met   int64  `json:"m,omitempty"`
	Took  int64  `json:"s,omitempty"`
	Place string `json:"n,omitempty"`
}

// bindings says to what of the subject a ticket, a challenge and a pass are
// bound, the strongest first: account, session, device. A device token that is
// only being issued counts where there is nothing else; it might not be kept.
func bindings(s ingest.Subject) string {
	which := ""
	if s.Account != "" {
		which += "a"
	}
	if s.Session != "" {
		which += "s"
	}
	if s.Device != "" && (!s.DeviceFresh || which == "") {
		which += "d"
	}
	return which
}

// bound gives the values of bindings; ok is false where one is missing or not
// known.
func bound(which string, s ingest.Subject) (values []string, ok bool) {
	for _, b := range which {
		value := ""
		switch b {
		case 'a':
			value = s.Account
		case 's':
			value = s.Session
		case 'd':
			value = s.Device
		}
		if value == "" {
			return nil, false
		}
		values = append(values, value)
	}
	return values, len(values) > 0
}

// encode signs the claims for a subject.
func (c claims) encode(keys keyring, s ingest.Subject) (string, error) {
	values, ok := bound(c.Bound, s)
	if !ok {
		return "", ErrNobody
	}
	data, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("encode a pass: %w", err)
	}
	body := base64.RawURLEncoding.EncodeToString(data)
	sum := keys.sign("pass", append([]string{body}, values...)...)
	return passVersion + "." + body + "." + base64.RawURLEncoding.EncodeToString(sum), nil
}

// decodePass reads a pass and verifies it for a subject.
func decodePass(keys keyring, token string, s ingest.Subject) (c claims, ok bool) {
	if len(token) > maxPass {
		return c, false
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 || parts[0] != passVersion {
		return c, false
	}
	sum, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return c, false
	}
	data, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(data, &c) != nil {
		return claims{}, false
	}
	values, ok := bound(c.Bound, s)
	if !ok || !keys.verify(sum, "pass", append([]string{parts[1]}, values...)...) {
		return claims{}, false
	}
	return c, true
}
