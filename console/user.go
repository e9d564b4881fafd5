package console

import (
	"errors"
	"regexp"
	"slices"
	"time"
)

// User is an operator's account.
type User struct {
	Name       string     `json:"name"`
	Role       Role       `json:"role"`
	MustChange bool       `json:"must_change_password" doc:"The one-time password was not changed yet"`
	TOTP       bool       `json:"totp" doc:"There is a second factor"`
	CreatedAt  time.Time  `json:"created_at"`
	SignedInAt *time.Time `json:"signed_in_at,omitempty" doc:"When they last signed in"`
	DisabledAt *time.Time `json:"disabled_at,omitempty" doc:"Since when they cannot sign in"`
}

// APIKey is what a program shows to be let in. The key itself is shown once.
type APIKey struct {
	Name      string     `json:"name"`
	Role      Role       `json:"role"`
	Sensitive bool       `json:"sensitive" doc:"It may do what operators have to give their password for"`
	CreatedBy string     `json:"created_by,omitempty"`
	CreatedAt time.Time  `json:"created_at"`
	UsedAt    *time.Time `json:"used_at,omitempty" doc:"When it was last used, to half a minute"`
	ExpiresAt *time.Time `json:"expires_at,omitempty" doc:"Absent for the key of programs on the same machine, which is renewed with each start"`
	RevokedAt *time.Time `json:"revoked_at,omitempty"`
}

// Errors of changing operators.
var (
	ErrBadName = errors.New("a name has 2 to 32 characters: small letters, digits, and . _ - after a first letter; some are the house's own")
	ErrTaken   = errors.New("the name is in use, by an operator or an API key")
	// ErrLastAdministrator keeps the house from locking itself out.
	ErrLastAdministrator = errors.New("nobody else could administer the house: make another administrator first")
	ErrOwnAccount        = errors.New("nobody does this to themselves; ask another administrator")
)

var nameForm = regexp.MustCompile(`^[a-z][a-z0-9._-]{1,31}$`)

// ValidName reports whether an operator or an API key may be called so. The
// audit log has names of the house's own, which nobody takes.
func ValidName(name string) bool {
	return nameForm.MatchString(name) && !slices.Contains([]string{"fairgate", "enforcer", "system", "nobody"}, name)
}
