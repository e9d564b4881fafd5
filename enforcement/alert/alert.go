package alert

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"fairgate/enforcement/notify"
)

// Errors of this package.
var (
	ErrBadInput = errors.New("bad alert")
	ErrNotFound = errors.New("no such alert or silence")
	// ErrConflict: somebody was faster; the error names who and when.
	ErrConflict = errors.New("somebody was faster")
)

// Pattern is a kind of thing that goes wrong.
type Pattern string

// Patterns that are watched for.
const (
	HostileSurge   Pattern = "hostile_surge"    // the hostile share of a pool's traffic has jumped
	RuleOffNorm    Pattern = "rule_off_norm"    // a rule blocks far more or less than it used to
	NewCluster     Pattern = "new_cluster"      // many flagged accounts turned out to be linked
	PoolDrained    Pattern = "pool_drained"     // a pool's places go faster than people can book
	EngineDegraded Pattern = "engine_degraded"  // Redis, Kafka, ClickHouse or SQL is away
	BudgetNear     Pattern = "budget_near"      // a rule has used most of its block budget, or all
	MissRateMoved  Pattern = "miss_rate_moved"  // scalpers get through more often
	FalseRateMoved Pattern = "false_rate_moved" // people are hurt more often
)

// Patterns lists them all.
func Patterns() []Pattern {
	return []Pattern{HostileSurge, RuleOffNorm, NewCluster, PoolDrained, EngineDegraded, BudgetNear, MissRateMoved, FalseRateMoved}
}

// Valid reports whether p is a known pattern.
func (p Pattern) Valid() bool { return slices.Contains(Patterns(), p) }

// State is how far an alert has come.
type State string

// States of an alert.
const (
	Firing       State = "firing"
	Acknowledged State = "acknowledged" // somebody has taken it
	Closed       State = "closed"       // over, or closed by hand
)

// Valid reports whether s is a known state.
func (s State) Valid() bool { return s == Firing || s == Acknowledged || s == Closed }

// Text is said in both languages, Chinese first.
type Text struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

// Finding is one look at a pattern that is there.
type Finding struct {
	Pattern Pattern
	// Group tells alerts of one pattern apart: a rule, an engine, a cluster;
	// empty where all of it is one attack.
	Group    string
	Severity notify.Severity
	// Pools concerned, by id.
	Pools []string
	// Accounts concerned, as far as they can be counted; the largest number
	// seen is shown.
	Accounts int
	// What in a few words, the figures that show it, what was done without
	// anybody, and what somebody should do.
	What, Evidence, Done, Next Text
	// Path of the console's page about it, such as /rules/rotation.
	Path string
}

// Bounds of a finding.
const (
	maxGroup = 200
	maxText  = 400
	maxPools = 50
	maxPath  = 300
)

// Validate names what is wrong.
func (f Finding) Validate() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if !f.Pattern.Valid() {
		fault("pattern %q: unknown", f.Pattern)
	}
	if !f.Severity.Valid() {
		fault("severity %q: unknown", f.Severity)
	}
	if len(f.Group) > maxGroup {
		fault("group: at most %d bytes", maxGroup)
	}
	if f.Accounts < 0 {
		fault("accounts %d: not negative", f.Accounts)
	}
	if len(f.Pools) > maxPools {
		fault("pools: at most %d", maxPools)
	}
	if len(f.Path) > maxPath {
		fault("path: at most %d bytes", maxPath)
	}
	for name, text := range map[string]Text{"what": f.What, "evidence": f.Evidence, "next": f.Next} {
		if text.ZH == "" || text.EN == "" {
			fault("%s: want both languages", name)
		}
	}
	for name, text := range map[string]Text{"what": f.What, "evidence": f.Evidence, "done": f.Done, "next": f.Next} {
		if len(text.ZH) > maxText || len(text.EN) > maxText {
			fault("%s: at most %d bytes a language", name, maxText)
		}
	}
	if len(faults) > 0 {
		slices.SortFunc(faults, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
		return fmt.Errorf("%w: %w", ErrBadInput, errors.Join(faults...))
	}
	return nil
}

// Alert is one pattern that is or was there.
type Alert struct {
	ID       string          `json:"id"`
	Site     string          `json:"site"`
	Pattern  Pattern         `json:"pattern"`
	Group    string          `json:"group,omitempty"`
	State    State           `json:"state"`
	Severity notify.Severity `json:"severity"`
	Pools    []string        `json:"pools"`
	Accounts int             `json:"accounts"`
	What     Text            `json:"what"`
	Evidence Text            `json:"evidence"`
	Done     Text            `json:"done"`
	Next     Text            `json:"next"`
	Path     string          `json:"path,omitempty"`

	Since    time.Time `json:"since"`
	LastSeen time.Time `json:"last_seen"`
	// Due is when somebody should have taken it.
	Due time.Time `json:"due"`
	// AckedAt and AckedBy say who took it, of one that was.
	AckedAt time.Time `json:"acknowledged_at,omitzero"`
	AckedBy string    `json:"acknowledged_by,omitempty"`
	// Escalated is how often nobody took it in time; NextEscalation is when it
	// is told to more people, of one that is firing and more than a notice.
	Escalated      int       `json:"escalated"`
	NextEscalation time.Time `json:"next_escalation_at,omitzero"`
	ClosedAt       time.Time `json:"closed_at,omitzero"`
	// ClosedBy is empty for one that was over by itself.
	ClosedBy string `json:"closed_by,omitempty"`
	Note     string `json:"note,omitempty"`
	// SilencedUntil and Silence say until when nobody is told, and by which
	// silence.
	SilencedUntil time.Time `json:"silenced_until,omitzero"`
	Silence       string    `json:"silence_id,omitempty"`
}
