package console

import (
	"slices"
	"time"
)

// Credential is how a caller of the API shows who it is.
type Credential string

// Credentials. A token that was given as one is refused as another.
const (
	ByCookie Credential = "cookie" // a browser, which has to show a CSRF token as well
	ByBearer Credential = "bearer" // a program that signed in
	ByKey    Credential = "key"    // a program with an API key
)

// Valid reports whether c is a known credential.
func (c Credential) Valid() bool {
	return slices.Contains([]Credential{ByCookie, ByBearer, ByKey}, c)
}

// Session is one sign-in of an operator, or the use of an API key.
type Session struct {
	// ID names the session and opens nothing. Of a key it is the key's name.
	ID         string     `json:"id"`
	Operator   string     `json:"operator"`
	Credential Credential `json:"credential"`
	Address    string     `json:"address" doc:"Where the operator signed in from"`
	Agent      string     `json:"agent" doc:"What the browser or the program calls itself"`
	CreatedAt  time.Time  `json:"created_at"`
	// UsedAt is right to half a minute.
	UsedAt time.Time `json:"used_at" doc:"When it was last used, to half a minute"`
	// ProvedAt is when the operator last gave a password or a code.
	ProvedAt  time.Time `json:"proved_at" doc:"When the operator last gave a password or a code"`
	ExpiresAt time.Time `json:"expires_at" doc:"When it ends, however much it is used"`
}

// Identity is who calls, and by which session.
type Identity struct {
	Principal
	Session Session
	// CSRF must come with every write that is authenticated by a cookie.
	CSRF string
	// Replaced: another token took the place of this one, which lasts a few
	// seconds more.
	Replaced bool
}

// Attempt is somebody who wants to sign in.
type Attempt struct {
	Name, Password string
	Address, Agent string
	Credential     Credential // ByCookie or ByBearer
	// Replaces is the session token that the browser had before, if any; that
	// session ends.
	Replaces string
}

// Grant is what signing in gives.
type Grant struct {
	Identity
	// Token opens the session. It is known to nobody but its owner.
	Token string
	// TOTPRequired: the token is good for the second step of signing in only.
	TOTPRequired bool
}

// Proof is what somebody who is signed in shows to be there: a password, or a
// code of the second factor.
type Proof struct{ Password, Code string }

// SecondFactor is how an operator's second factor stands.
type SecondFactor struct {
	Enrolled     bool       `json:"enrolled"`
	EnrolledAt   *time.Time `json:"enrolled_at,omitempty"`
	RecoveryLeft int        `json:"recovery_codes_left" doc:"Recovery codes that were not used yet"`
}

// Enrolment is a second factor that was just made. It is shown once.
type Enrolment struct {
	Secret string `json:"secret" doc:"For typing into an authenticator app (base32)"`
	URL    string `json:"url" doc:"otpauth:// address, for a QR code"`
}
