package console

import (
	"errors"
	"slices"
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

// Roles are all roles.
func Roles() []Role { return []Role{Analyst, Security, Administrator, BoxOffice, Auditor} }

// Valid reports whether r is a known role.
func (r Role) Valid() bool { return slices.Contains(Roles(), r) }

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

	ReadOverview  Permission = "overview.read"
	ReadEngines   Permission = "engines.read"
	ReadTicketing Permission = "ticketing.read" // pools, releases, masked orders
	EditTicketing Permission = "ticketing.edit" // and what visitors are told
	Search        Permission = "search"
	SearchPeople  Permission = "search.people" // by phone or document

	ReadRules    Permission = "rules.read"
	EditRules    Permission = "rules.edit"    // draft, propose, publish what was approved
	ApproveRules Permission = "rules.approve" // be the second person
	TightenRules Permission = "rules.tighten" // break-glass: challenge for an hour, alone
	RunBacktests Permission = "backtests.run" // and cancel them
	WeakenRules  Permission = "rules.weaken"  // at once and alone, and end break-glass
	ReviewRules  Permission = "rules.review"  // ask every gate about a version, turn it down

	ReadBacktests Permission = "backtests.read"
	ReadFeatures  Permission = "features.read" // and how far they are filled
	ReadSilences  Permission = "silences.read"
	ReadOrders    Permission = "orders.read" // those of one account, masked

	ReadOperators Permission = "operators.read" // users, sessions, API keys
	EditOperators Permission = "operators.edit"
)

// permissions are all permissions; a test holds them against the declarations.
func permissions() []Permission {
	return []Permission{
		ReadReview, Decide, ReadAppeals, EditLists, ImportLabel, ReadQuality, SwitchMode, LiftBudget, UndoRules, ReadAudit,
		ReadAlerts, TakeAlerts, ReadNotify, EditNotify, EraseData, ReadRules, EditRules, ApproveRules, TightenRules, RunBacktests,
		WeakenRules, ReviewRules, ReadBacktests, ReadFeatures, ReadSilences, ReadOrders,
		ReadOperators, EditOperators, ReadOverview, ReadEngines, ReadTicketing, EditTicketing, Search, SearchPeople,
	}
}

// May reports whether a role holds a permission. Reading is wide, changing is
// narrow: a deny entry is an analyst's or an administrator's, a decision about a
// person an administrator's. Analysts write rules; administrators approve what
// is strengthened, let a rule that was turned down act again, and write none.
// Security officers take alerts, weaken rules and break glass: who is woken at
// night can stop harm alone, and nothing else.
func (r Role) May(p Permission) bool {
	switch p {
	case ReadOverview, ReadOrders, Search:
		return r.Valid()
	case ReadTicketing:
		return r == BoxOffice || r == Administrator || r == Auditor
	case SearchPeople:
		return r.Valid() && r != Auditor
	case EditTicketing:
		return r == BoxOffice
	case ReadReview, ReadQuality, ReadRules, ReadAlerts, ReadEngines:
		return r == Analyst || r == Security || r == Administrator || r == Auditor
	case Decide, ImportLabel, UndoRules, EraseData, EditOperators, ApproveRules, LiftBudget:
		return r == Administrator
	case EditRules, RunBacktests:
		return r == Analyst
	case WeakenRules, TightenRules:
		return r == Analyst || r == Security
	case EditLists, ReviewRules:
		return r == Analyst || r == Administrator
	case TakeAlerts:
		return r == Security
	case ReadBacktests:
		return r == Analyst || r == Administrator || r == Auditor
	case ReadFeatures:
		return r == Analyst || r == Auditor
	case ReadSilences:
		return r == Analyst || r == Security || r == Auditor
	case ReadNotify:
		return r == Security || r == Administrator || r == Auditor
	case SwitchMode, EditNotify:
		return r == Security || r == Administrator
	case ReadAudit, ReadAppeals, ReadOperators:
		return r == Administrator || r == Auditor
	default:
		return false
	}
}

// Permissions are all that a role holds, in the order of Permission's list.
func (r Role) Permissions() []Permission {
	held := []Permission{}
	for _, p := range permissions() {
		if r.May(p) {
			held = append(held, p)
		}
	}
	return held
}

// Holders are the roles that hold a permission.
func (p Permission) Holders() []Role {
	var holders []Role
	for _, r := range Roles() {
		if r.May(p) {
			holders = append(holders, r)
		}
	}
	return holders
}

// Principal is who is signed in.
type Principal struct {
	Name string `json:"name"`
	Role Role   `json:"role"`
	// MustChange: the one-time password is still in use; nothing but changing
	// it is allowed.
	MustChange bool `json:"must_change_password,omitempty"`
	// MustEnrol: the house wants a second factor of this role; nothing but
	// enrolling one is allowed.
	MustEnrol bool `json:"must_enrol_totp,omitempty"`
}

// Errors of signing in.
var (
	// ErrBadCredentials never tells whether the name or the password was wrong.
	ErrBadCredentials = errors.New("the name or the password is wrong")
	ErrSignedOut      = errors.New("not signed in, or the session is over")
	ErrTooManyTries   = errors.New("too many failed attempts; wait a few minutes")
	ErrWeakPassword   = errors.New("a password has at least 12 and at most 256 characters")
	// ErrBadCode never tells whether a code was wrong or used before.
	ErrBadCode = errors.New("the code is wrong, too old, or was used before")
	// ErrNoSecondFactor means that there is no key to seal second factors with.
	ErrNoSecondFactor = errors.New("second factors are not set up: keys.console is missing")
	// ErrTooMany means that somebody did a dangerous operation too often.
	ErrTooMany = errors.New("this was done too often within an hour; wait, or ask a colleague")
	// ErrNotFound is returned for a session, a user or a key that is not there.
	ErrNotFound = errors.New("there is no such")
)
