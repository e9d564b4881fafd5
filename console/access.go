package console

import (
	"errors"
	"slices"
	"time"
)

// Role is what an operator may do.
type Role string

// Roles, as the design names them.
const (
	Analyst       Role = "analyst"
	Security      Role = "security"
	Administrator Role = "administrator"
	BoxOffice     Role = "box_office"
	Auditor       Role = "auditor"
)

// Valid reports whether r is a known role.
func (r Role) Valid() bool {
	return slices.Contains([]Role{Analyst, Security, Administrator, BoxOffice, Auditor}, r)
}

// Permission is one thing that a role may or may not do.
type Permission string

// Permissions of the API.
const (
	ReadReview  Permission = "review.read"   // accounts, cases, lists
	Decide      Permission = "review.decide" // unblock, confirm
	ReadAppeals Permission = "appeals.read"
	EditLists   Permission = "lists.edit"
	ImportLabel Permission = "labels.import"
	ReadQuality Permission = "quality.read"
	SwitchMode  Permission = "mode.switch" // observe everything
	LiftBudget  Permission = "budget.lift" // let a rule that was turned down act again
	UndoRules   Permission = "rules.undo"  // take back all that a rule did
	ReadAudit   Permission = "audit.read"
	ReadAlerts  Permission = "alerts.read"
	TakeAlerts  Permission = "alerts.take"        // and close and silence them
	ReadNotify  Permission = "notifications.read" // channels and deliveries
	EditNotify  Permission = "notifications.edit"
	EraseData   Permission = "erasure.request" // have an account named nowhere any more

	ReadRules    Permission = "rules.read"
	EditRules    Permission = "rules.edit"    // draft, propose, weaken, publish what was approved
	ApproveRules Permission = "rules.approve" // be the second person
	TightenRules Permission = "rules.tighten" // break-glass: challenge for an hour, alone
	RunBacktests Permission = "backtests.run" // and cancel them
)

// May reports whether a role holds a permission. Reading is wide, changing is
// narrow: a deny entry is an analyst's, a security officer's or an
// administrator's, a decision about a person an administrator's. Analysts write
// rules and weaken them alone; who approves what they strengthen does not work
// on them every day.
func (r Role) May(p Permission) bool {
	switch p {
	case ReadReview, ReadQuality, ReadRules, ReadAlerts:
		return r == Analyst || r == Security || r == Administrator || r == Auditor
	case Decide, ImportLabel, UndoRules, EraseData:
		return r == Administrator
	case EditLists, LiftBudget, EditRules, TightenRules:
		return r == Analyst || r == Security || r == Administrator
	case RunBacktests:
		return r == Analyst || r == Administrator
	case ReadNotify:
		return r == Security || r == Administrator || r == Auditor
	case SwitchMode, ApproveRules, EditNotify, TakeAlerts:
		return r == Security || r == Administrator
	case ReadAudit, ReadAppeals:
		return r == Administrator || r == Auditor
	default:
		return false
	}
}

// Principal is who is signed in.
type Principal struct {
	Name string `json:"name"`
	Role Role   `json:"role"`
	// MustChange: the one-time password is still in use; nothing but changing
	// it is allowed.
	MustChange bool `json:"must_change_password,omitempty"`
}

// Errors of signing in.
var (
	// ErrBadCredentials never tells whether the name or the password was wrong.
	ErrBadCredentials = errors.New("the name or the password is wrong")
	ErrSignedOut      = errors.New("not signed in, or the session is over")
	ErrTooManyTries   = errors.New("too many failed attempts; wait a few minutes")
	ErrWeakPassword   = errors.New("a password has at least 12 and at most 256 characters")
)

// AuditEntry is one line of the audit log.
type AuditEntry struct {
	Seq       int64     `json:"seq"`
	Time      time.Time `json:"time"`
	Actor     string    `json:"actor"`
	Role      Role      `json:"role"`
	Address   string    `json:"address"`
	RequestID string    `json:"request_id"`
	Action    string    `json:"action"` // e.g. account.unblock
	Object    string    `json:"object"`
	Reason    string    `json:"reason,omitempty"`
	Before    string    `json:"before,omitempty"` // JSON
	After     string    `json:"after,omitempty"`  // JSON
	// Hash chains the entry to all before it (hex SHA-256).
	Hash string `json:"hash"`
}
