package ticketing

import (
	"context"
	"time"
)

// CodeReader reads the codes sent to phones. CodesSince gives the moments at
// which codes for a number were made after a moment, oldest first, whatever
// their purpose; LatestCode fails with ErrNotFound.
type CodeReader interface {
	CodesSince(ctx context.Context, phoneKey []byte, after time.Time) ([]time.Time, error)
	LatestCode(ctx context.Context, phoneKey []byte, purpose CodePurpose) (PhoneCode, error)
}

// CodeWriter keeps codes and the messages that carry them. UpdateCode changes
// the tries and the moment of use; CountCode counts one code of a day and fails
// with ErrCodeLimit if most have been counted already; ForgetCodes drops codes
// and settled messages made before the given moments.
type CodeWriter interface {
	InsertCode(ctx context.Context, c PhoneCode) error
	UpdateCode(ctx context.Context, c PhoneCode) error
	CountCode(ctx context.Context, day Date, most int) error
	QueueMessage(ctx context.Context, m Message) error
	ForgetCodes(ctx context.Context, codesBefore, messagesBefore time.Time) error
}

// IdentityReader finds accounts by who WeChat says a visitor is.
// AccountByIdentity fails with ErrNotFound; Identities lists an account's, in
// order of scope.
type IdentityReader interface {
	AccountByIdentity(ctx context.Context, scope string, key []byte) (Account, error)
	Identities(ctx context.Context, account string) ([]Identity, error)
}

// IdentityWriter changes who may be an account. PutIdentity adds an identity
// or moves it to another account, and fails with ErrWeChatLinked if that
// account has another of the same scope; UpdateAccount changes phone, its proof
// and the password, and fails with ErrPhoneTaken; RevokeSessions ends every
// living session of an account but those named.
type IdentityWriter interface {
	PutIdentity(ctx context.Context, i Identity) error
	UpdateAccount(ctx context.Context, a Account) error
	RevokeSessions(ctx context.Context, account string, at time.Time, except ...string) error
}
