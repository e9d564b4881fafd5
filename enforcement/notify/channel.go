package notify

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// ChannelKind is how a channel's other side is spoken to.
type ChannelKind string

// Kinds of channels.
const (
	Webhook  ChannelKind = "webhook"  // signed JSON to an address of the house
	Email    ChannelKind = "email"    // over the house's SMTP server
	WeCom    ChannelKind = "wecom"    // 企业微信 group robot
	DingTalk ChannelKind = "dingtalk" // 钉钉 group robot
	Feishu   ChannelKind = "feishu"   // 飞书 group robot
	SMS      ChannelKind = "sms"      // over the booking system's provider
)

// Valid reports whether k is a known kind.
func (k ChannelKind) Valid() bool {
	switch k {
	case Webhook, Email, WeCom, DingTalk, Feishu, SMS:
		return true
	default:
		return false
	}
}

// overHTTP kinds have an address, the others a list of people.
func (k ChannelKind) overHTTP() bool { return k != Email && k != SMS }

// Repeatable kinds carry an id by which the receiver drops a repetition.
func (k ChannelKind) Repeatable() bool { return k == Webhook || k == Email }

// Channel is one way to reach operators.
type Channel struct {
	ID       string      `json:"id"`
	Name     string      `json:"name"`
	Kind     ChannelKind `json:"kind"`
	Language Language    `json:"language"`
	// Least is the lowest severity that goes out here.
	Least Severity `json:"least_severity"`
	// Only limits the channel to some kinds of messages; empty: all.
	Only    []Kind `json:"only,omitempty"`
	Enabled bool   `json:"enabled"`
	// Target is where it leads. It is sealed at rest; who reads channels gets
	// Hint instead.
	Target Target `json:"-"`
	// Hint is the target with its secrets left out, such as "hooks.example.org/…"
	// or "z***@example.org and 2 more".
	Hint      string    `json:"hint"`
	Version   int64     `json:"version"`
	UpdatedAt time.Time `json:"updated_at"`
	UpdatedBy string    `json:"updated_by"`
}

// Target is where a channel leads, with its secrets.
type Target struct {
	// URL of a webhook or robot. A robot's has its token in it.
	URL string `json:"url,omitempty"`
	// Key signs: of a webhook "whsec_" and base64 of 24 to 64 bytes (Standard
	// Webhooks), of DingTalk and Feishu the robot's secret where it has one.
	Key string `json:"key,omitempty"`
	// To has e-mail addresses, or phone numbers for SMS.
	To []string `json:"to,omitempty"`
}

// Bounds of channels.
const (
	maxChannels = 50
	maxName     = 60
	maxURL      = 1000
	maxTo       = 50
)

var phone = regexp.MustCompile(`^\+?[0-9]{6,15}$`)

// Validate names what is wrong with the channel, never showing its secrets.
func (c Channel) Validate() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if n := utf8.RuneCountInString(c.Name); strings.TrimSpace(c.Name) == "" || n > maxName || inert(c.Name) != c.Name {
		fault("name: want 1 to %d printable characters", maxName)
	}
	if !c.Kind.Valid() {
		fault("kind %q: want webhook, email, wecom, dingtalk, feishu or sms", c.Kind)
	}
	if !c.Language.Valid() {
		fault("language %q: want zh or en", c.Language)
	}
	if !c.Least.Valid() {
		fault("least_severity %q: want notice, warning or urgent", c.Least)
	}
	for _, k := range c.Only {
		if !k.Valid() {
			fault("only: unknown kind of message %q", k)
		}
	}
	if c.Kind.Valid() {
		faults = append(faults, c.Target.validate(c.Kind)...)
	}
	if len(faults) > 0 {
		return fmt.Errorf("%w: %w", ErrBadInput, errors.Join(faults...))
	}
	return nil
}

func (t Target) validate(kind ChannelKind) (faults []error) {
	if kind.overHTTP() {
		if !isWeb(t.URL) || len(t.URL) > maxURL {
			faults = append(faults, fmt.Errorf("url: want an http or https address without a user name, up to %d bytes", maxURL))
		}
		if len(t.To) > 0 {
			faults = append(faults, fmt.Errorf("to: a %s channel has an address instead", kind))
		}
		if kind == Webhook {
			if _, err := SigningKey(t.Key); err != nil {
				faults = append(faults, fmt.Errorf("key: %w", err))
			}
		}
		return faults
	}
	if t.URL != "" || t.Key != "" {
		faults = append(faults, fmt.Errorf("url, key: a %s channel has a list of people instead", kind))
	}
	if len(t.To) == 0 || len(t.To) > maxTo {
		faults = append(faults, fmt.Errorf("to: want 1 to %d", maxTo))
	}
	for i, to := range t.To {
		if kind == Email {
			if a, err := mail.ParseAddress(to); err != nil || a.Address != to {
				faults = append(faults, fmt.Errorf("to[%d]: want a bare e-mail address", i))
			}
		} else if !phone.MatchString(to) {
			faults = append(faults, fmt.Errorf("to[%d]: want a phone number of 6 to 15 digits", i))
		}
	}
	return faults
}

// takes reports whether a message goes out over the channel.
func (c Channel) takes(m Message) bool {
	return c.Enabled && m.Severity.AtLeast(c.Least) && (len(c.Only) == 0 || slices.Contains(c.Only, m.Kind))
}

// hint describes the target without its secrets.
func (t Target) hint() string {
	if u, err := url.Parse(t.URL); err == nil && u.Host != "" {
		return u.Scheme + "://" + u.Host + "/…"
	}
	if len(t.To) == 0 {
		return ""
	}
	first := t.To[0]
	if at := strings.LastIndexByte(first, '@'); at > 0 {
		first = first[:1] + "***" + first[at:]
	} else if len(first) > 7 {
		first = first[:3] + "****" + first[len(first)-4:]
	}
	if len(t.To) > 1 {
		first += fmt.Sprintf(" +%d", len(t.To)-1)
	}
	return first
}

// Outgoing is one delivery as a Sender gets it.
type Outgoing struct {
	// ID stays the same over all attempts; receivers know repetitions by it.
	ID       string
	Kind     Kind
	Severity Severity
	Time     time.Time
	Language Language
	Text     Text
	Link     string
	Target   Target
}

// Sender speaks to one kind of channel. Send returns nil only when the other
// side has taken the message. Errors that wrap ErrRefused are final, those that
// wrap ErrUnanswered leave open whether it was taken, all others mean that it
// was not. It must return when ctx ends.
type Sender interface {
	Send(ctx context.Context, o Outgoing) error
}

// How a Sender fails.
var (
	ErrRefused    = errors.New("refused for good")
	ErrUnanswered = errors.New("sent, and no answer came")
)
