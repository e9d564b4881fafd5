package life

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"fairgate/rules"
)

// State is where a version stands on its way to publication.
type State string

// States of a version.
const (
	Draft      State = "draft"      // being written
	Proposed   State = "proposed"   // its author asks for approval
	Approved   State = "approved"   // a second person agreed to this text
	Published  State = "published"  // in force
	Superseded State = "superseded" // was in force
	Rejected   State = "rejected"   // will not be
)

// States lists every State.
func States() []State {
	return []State{Draft, Proposed, Approved, Published, Superseded, Rejected}
}

// Valid reports whether s is one of States.
func (s State) Valid() bool { return slices.Contains(States(), s) }

// Open reports that a version of this state can still be edited and published.
func (s State) Open() bool { return s == Draft || s == Proposed || s == Approved }

// Version is one text of a ruleset and what became of it.
type Version struct {
	Ruleset string `json:"ruleset"` // its name, such as museum
	Number  int64  `json:"number"`  // from 1, per ruleset
	State   State  `json:"state"`
	// Hash is the SHA-256 of Text in hexadecimal.
	Hash string `json:"hash"`
	// Program is the version that verdicts name; empty while the text does not
	// compile. Texts that differ in comments only share it.
	Program string `json:"program,omitempty"`
	// Base is the hash of the text that this one is to replace.
	Base    string   `json:"base"`
	Author  string   `json:"author"`
	Editors []string `json:"editors,omitempty"` // who changed it after the author
	Reason  string   `json:"reason"`
	Text    string   `json:"text,omitempty"` // left out of lists

	Created time.Time `json:"created_at"`
	Changed time.Time `json:"changed_at"`

	Approval    *Approval    `json:"approval,omitempty"`
	Publication *Publication `json:"publication,omitempty"`
	Rejection   *Rejection   `json:"rejection,omitempty"`
}

// Wrote reports whether the person is the author or an editor.
func (v *Version) Wrote(person string) bool {
	return person == v.Author || slices.Contains(v.Editors, person)
}

// Approval is a second person's word for one text in place of another.
type Approval struct {
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Hash   string    `json:"hash"`
	Base   string    `json:"base"`
	Reason string    `json:"reason"`
	// Overrides are the objections that the person set aside, and Override why.
	Overrides []Objection `json:"overrides,omitempty"`
	Override  string      `json:"override,omitempty"`
}

// Publication says how a version came into force.
type Publication struct {
	By       string    `json:"by"`
	At       time.Time `json:"at"`
	Reason   string    `json:"reason"`
	Replaces string    `json:"replaces"` // the hash that was in force before
	// Instant says that nobody's approval was needed.
	Instant bool `json:"instant"`
	// Until is when another version came into force; zero while it is in force.
	Until time.Time `json:"until,omitzero"`
}

// Rejection says why a version will not be published.
type Rejection struct {
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
}

// Step is one step of a rule's life, recorded at the publication that took it.
type Step struct {
	Ruleset string     `json:"ruleset"`
	Rule    string     `json:"rule"`
	Number  int64      `json:"number"`           // of the version
	Before  rules.Mode `json:"before,omitempty"` // empty: the rule is new
	After   rules.Mode `json:"after,omitempty"`  // empty: it was removed
	Effect  Effect     `json:"effect"`
	Fields  []string   `json:"fields,omitempty"` // what else changed
	By      string     `json:"by"`
	// Second is who approved it; empty where nobody had to.
	Second string    `json:"second,omitempty"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// Errors of this package. They are wrapped with what was wrong.
var (
	// ErrNotFound says that there is no such ruleset, version or rule.
	ErrNotFound = errors.New("not found")
	// ErrBadInput says that something given is not acceptable as such.
	ErrBadInput = errors.New("bad input")
	// ErrStale says that what was to be replaced or edited is no longer what
	// the caller saw.
	ErrStale = errors.New("changed meanwhile")
	// ErrState says that the version's state does not allow it.
	ErrState = errors.New("not in this state")
	// ErrSecondPerson says that another person is needed.
	ErrSecondPerson = errors.New("a second person is needed")
)

// Refused says which objections keep a version from being published.
type Refused struct{ Objections []Objection }

// Error lists the objections.
func (r *Refused) Error() string {
	texts := make([]string, len(r.Objections))
	for i, o := range r.Objections {
		texts[i] = o.Text
	}
	return "refused: " + strings.Join(texts, " ")
}

// HashOf is the hash by which a text is known.
func HashOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Limits of what people write.
const (
	MinReason = 3
	MaxReason = 500
	maxName   = 64
	// maxPerson bounds who is named; operators' names are shorter.
	maxPerson = 128
)

var nameFormat = regexp.MustCompile(`^[a-z0-9]+([_-][a-z0-9]+)*$`)

// checkName refuses names of rulesets that could not be a file's.
func checkName(name string) error {
	if len(name) > maxName || !nameFormat.MatchString(name) {
		return fmt.Errorf("%w: the ruleset's name must be lower-case words joined by - or _, at most %d characters", ErrBadInput, maxName)
	}
	return nil
}

// checkReason refuses reasons that say nothing or too much.
func checkReason(reason string) error {
	n := len([]rune(strings.TrimSpace(reason)))
	if n < MinReason || n > MaxReason {
		return fmt.Errorf("%w: the reason has %d characters, from %d to %d are needed", ErrBadInput, n, MinReason, MaxReason)
	}
	if strings.ContainsFunc(reason, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
		return fmt.Errorf("%w: the reason has control characters", ErrBadInput)
	}
	return nil
}

// checkPerson refuses to do anything in nobody's name.
func checkPerson(person string) error {
	if person == "" || len(person) > maxPerson {
		return fmt.Errorf("%w: who does it has %d bytes, from 1 to %d are needed", ErrBadInput, len(person), maxPerson)
	}
	return nil
}
