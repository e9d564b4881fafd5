package checkin

import (
	"fmt"

	"fairgate/ticketing"
)

// Codes of refusals that are check-in's own, beside those of ticketing.
const (
	CodeTerminalRevoked ticketing.Code = "terminal_revoked"
	CodeTerminalName    ticketing.Code = "terminal_name_taken"
	CodeSignInReplayed  ticketing.Code = "sign_in_replayed"
	CodeTooOften        ticketing.Code = "too_many_requests"
	CodeNonceReused     ticketing.Code = "nonce_reused"
)

// Sentinel refusals, to be compared with errors.Is.
var (
	ErrUnauthenticated = &ticketing.Error{Code: ticketing.CodeUnauthenticated, Detail: "a valid terminal session is needed"}
	ErrRevoked         = &ticketing.Error{Code: CodeTerminalRevoked, Detail: "the terminal has been revoked"}
	ErrNameTaken       = &ticketing.Error{Code: CodeTerminalName, Field: "name", Detail: "another terminal has this name"}
	ErrReplayed        = &ticketing.Error{Code: CodeSignInReplayed, Field: "nonce", Detail: "the terminal has signed in with this nonce before"}
	ErrTooOften        = &ticketing.Error{Code: CodeTooOften, Detail: "too many requests of this terminal"}
	ErrNonceReused     = &ticketing.Error{Code: CodeNonceReused, Field: "nonce", Detail: "the nonce was used for another scan"}
)

func invalidField(field, format string, args ...any) error {
	return &ticketing.Error{Code: ticketing.CodeInvalidField, Field: field, Detail: fmt.Sprintf(format, args...)}
}
