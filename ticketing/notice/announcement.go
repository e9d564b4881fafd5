package notice

import (
	"fmt"
	"slices"
	"time"

	"fairgate/ticketing"
)

// Kind says what an announcement is about.
type Kind string

// The kinds of announcements.
const (
	KindNotice  Kind = "notice"  // anything to know
	KindRules   Kind = "rules"   // booking rules, the agreement with visitors
	KindClosure Kind = "closure" // something is closed
)

// Valid reports whether k is one of the known kinds.
func (k Kind) Valid() bool { return k == KindNotice || k == KindRules || k == KindClosure }

// State says where an announcement stands at a moment.
type State string

// The states of an announcement. Withdrawn is final.
const (
	StateDraft     State = "draft"
	StateScheduled State = "scheduled"
	StatePublished State = "published"
	StateWithdrawn State = "withdrawn"
)

// Valid reports whether s is one of the known states.
func (s State) Valid() bool {
	return s == StateDraft || s == StateScheduled || s == StatePublished || s == StateWithdrawn
}

// Text is written in Chinese, and perhaps in English.
type Text struct {
	ZH string `json:"zh"`
	EN string `json:"en,omitempty"`
}

// Content is what the house writes. Kind and pool of an announcement stay as
// they were made.
type Content struct {
	Kind     Kind             `json:"kind"`
	Pool     string           `json:"pool,omitempty"`  // empty = the whole venue
	Dates    []ticketing.Date `json:"dates,omitempty"` // the days it concerns, ascending; none = no particular ones
	Title    Text             `json:"title"`
	Body     Text             `json:"body"` // plain text or limited Markdown, never HTML
	Pinned   bool             `json:"pinned,omitempty"`
	Priority int              `json:"priority,omitempty"` // higher ones come first
}

// Announcement is something the venue tells its visitors. Times are UTC with
// millisecond precision. The JSON is how its history keeps it.
type Announcement struct {
	ID string `json:"id"`
	Content
	From      time.Time `json:"from,omitzero"`  // shown from then on; zero = a draft
	Until     time.Time `json:"until,omitzero"` // withdrawn from then on; zero = stays
	Version   int64     `json:"version"`        // 1 as created, growing by one with every change
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	UpdatedBy string    `json:"updated_by"`

	Edits int64 `json:"-"` // see settle
}

// Revision is one version of an announcement or of the venue's page: who made
// it, when, by doing what, and how it was afterwards.
type Revision struct {
	Version int64
	At      time.Time
	Who     string
	What    string // "create", "change", "publish", "schedule", "withdraw"
	After   []byte // JSON
}

// State is where the announcement stands at a moment.
func (a Announcement) State(now time.Time) State {
	switch {
	case !a.Until.IsZero() && !now.Before(a.Until):
		return StateWithdrawn
	case a.From.IsZero():
		return StateDraft
	case now.Before(a.From):
		return StateScheduled
	}
	return StatePublished
}

// turns counts the announcement's moments that have come.
func (a Announcement) turns(now time.Time) int64 {
	var n int64
	for _, moment := range []time.Time{a.From, a.Until} {
		if !moment.IsZero() && !now.Before(moment) {
			n++
		}
	}
	return n
}

// settle counts a change from old to a at a moment. The share of an
// announcement in the versions is Edits and the moments that have come: moments
// add to it by themselves, and Edits makes up for those that a change moves, so
// that the share grows by one if visitors read something else from now on, and
// stays otherwise. The versions are sums of such shares.
func (a *Announcement) settle(old Announcement, now time.Time) {
	a.Edits = old.Edits + old.turns(now) - a.turns(now)
	if !sameToVisitors(old, *a, now) {
		a.Edits++
	}
}

// sameToVisitors reports whether visitors read the same of both.
func sameToVisitors(old, next Announcement, now time.Time) bool {
	was, is := old.State(now) == StatePublished, next.State(now) == StatePublished
	if !was || !is {
		return was == is
	}
	return old.From.Equal(next.From) && slices.Equal(old.Dates, next.Dates) && old.Title == next.Title && old.Body == next.Body &&
		old.Pinned == next.Pinned && old.Priority == next.Priority
}

// Bounds of an announcement, in characters where it is text.
const (
	maxTitle    = 120
	maxBody     = 8000
	maxDates    = 62
	maxPriority = 1000
	// MaxShown is how many announcements may be published or scheduled at a
	// time: they are kept in memory.
	MaxShown = 200
)

// validate names the first field that is wrong; it tidies texts and puts the
// dates in order.
func (c *Content) validate() error {
	c.Title, c.Body = c.Title.tidied(), c.Body.tidied()
	if !c.Kind.Valid() {
		return invalidField("kind", "want notice, rules or closure")
	}
	for _, text := range []struct {
		field string
		text  Text
		most  int
		check func(field, text string, most int) error
	}{{"title", c.Title, maxTitle, line}, {"body", c.Body, maxBody, markdown}} {
		if text.text.ZH == "" {
			return invalidField(text.field+"_zh", "is needed")
		}
		if err := text.check(text.field+"_zh", text.text.ZH, text.most); err != nil {
			return err
		}
		if err := text.check(text.field+"_en", text.text.EN, text.most); err != nil {
			return err
		}
	}
	if (c.Title.EN == "") != (c.Body.EN == "") {
		return invalidField("body_en", "want title and body in English, or neither")
	}
	if c.Priority < -maxPriority || c.Priority > maxPriority {
		return invalidField("priority", "want -%d to %d, got %d", maxPriority, maxPriority, c.Priority)
	}
	return c.validateDates()
}

func (c *Content) validateDates() error {
	if len(c.Dates) > maxDates {
		return invalidField("dates", "want at most %d, got %d", maxDates, len(c.Dates))
	}
	c.Dates = slices.Sorted(slices.Values(c.Dates))
	for i, d := range c.Dates {
		if _, err := ticketing.ParseDate(string(d)); err != nil {
			return invalidField("dates", "%v", err)
		}
		if i > 0 && c.Dates[i-1] == d {
			return invalidField("dates", "%s is named twice", d)
		}
	}
	return nil
}

func invalidField(field, format string, args ...any) error {
	return &ticketing.Error{Code: ticketing.CodeInvalidField, Field: field, Detail: fmt.Sprintf(format, args...)}
}
