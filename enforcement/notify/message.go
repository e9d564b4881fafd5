package notify

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// ErrBadInput is wrapped by every refusal of what an operator or a caller gave.
var ErrBadInput = errors.New("bad notification")

// Language is a language that operators read.
type Language string

// Languages of the house, Chinese first.
const (
	Chinese Language = "zh"
	English Language = "en"
)

// Valid reports whether l is a known language.
func (l Language) Valid() bool { return l == Chinese || l == English }

// Severity is how much a message matters; a channel takes those from its least
// severity upwards.
type Severity string

// Severities, from low to high.
const (
	Notice  Severity = "notice"  // to know
	Warning Severity = "warning" // to look at today
	Urgent  Severity = "urgent"  // to look at now
)

// Valid reports whether s is a known severity.
func (s Severity) Valid() bool { return s.rank() >= 0 }

// AtLeast reports whether s is as severe as other or more.
func (s Severity) AtLeast(other Severity) bool { return s.rank() >= other.rank() }

func (s Severity) rank() int {
	switch s {
	case Notice:
		return 0
	case Warning:
		return 1
	case Urgent:
		return 2
	default:
		return -1
	}
}

// Bounds of a message.
const (
	maxKey   = 200
	maxField = 500
	maxLink  = 500
)

// Message is one thing to tell. Its words are made from its kind's template for
// each channel's language.
type Message struct {
	// Key names what is told; a second message of the same key goes nowhere.
	Key      string    `json:"key"`
	Kind     Kind      `json:"kind"`
	Severity Severity  `json:"severity"`
	Time     time.Time `json:"time"`
	// Fields fill the template; which ones a kind wants, see Kind.Fields.
	Fields map[string]string `json:"fields"`
	// Link is the console's page about it, absolute; empty: none.
	Link string `json:"link,omitempty"`
}

// Validate names what is wrong.
func (m Message) Validate() error {
	var faults []error
	if m.Key == "" || len(m.Key) > maxKey {
		faults = append(faults, fmt.Errorf("key: want 1 to %d bytes", maxKey))
	}
	if !m.Severity.Valid() {
		faults = append(faults, fmt.Errorf("severity %q: want notice, warning or urgent", m.Severity))
	}
	if m.Time.IsZero() {
		faults = append(faults, errors.New("time: want one"))
	}
	if m.Link != "" && (len(m.Link) > maxLink || !isWeb(m.Link)) {
		faults = append(faults, errors.New("link: want an http or https address"))
	}
	if !m.Kind.Valid() {
		faults = append(faults, fmt.Errorf("kind %q: unknown", m.Kind))
	}
	for _, name := range m.Kind.Fields() {
		if value, ok := m.Fields[name]; !ok || len(value) > maxField {
			faults = append(faults, fmt.Errorf("fields.%s: want up to %d bytes", name, maxField))
		}
	}
	if len(faults) > 0 {
		return fmt.Errorf("%w: %w", ErrBadInput, errors.Join(faults...))
	}
	return nil
}

func isWeb(link string) bool {
	u, err := url.Parse(link)
	return err == nil && u.Host != "" && u.User == nil && (u.Scheme == "https" || u.Scheme == "http")
}

// inert makes text from elsewhere harmless in any channel: control and
// direction characters and line breaks become spaces, so that a name that an
// attacker chose can neither forge a line nor turn one around.
func inert(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < ' ', r == 0x7f, r >= 0x80 && r < 0xa0, r == 0x200e, r == 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return ' '
		}
		return r
	}, s)
}
