package ticketing

import "time"

// The codes of refusals that accounts and their sign-in know.
const (
	CodeNotConfigured  Code = "not_configured"
	CodeWrongCode      Code = "wrong_code"
	CodeCodeLimit      Code = "code_limit"
	CodePhoneLinked    Code = "phone_already_linked"
	CodeUnverified     Code = "phone_unverified"
	CodeWeChatTaken    Code = "wechat_taken"
	CodeWeChatLinked   Code = "wechat_already_linked"
	CodeWeChatRefused  Code = "wechat_code_refused"
	CodeWeChatBlocked  Code = "wechat_blocked"
	CodeWeChatState    Code = "wechat_state_invalid"
	CodeWeChatTooOften Code = "wechat_too_often"
)

// Sentinel refusals of accounts and their sign-in, to be compared with
// errors.Is. ErrWrongCode says on purpose no more: a code that is wrong, used,
// expired, tried too often or was never sent is answered alike.
var (
	ErrNotConfigured = &Error{Code: CodeNotConfigured, Detail: "this house has not set this up"}
	ErrWrongCode     = &Error{Code: CodeWrongCode, Field: "code", Detail: "the code does not match, or is no longer valid"}
	ErrCodeLimit     = &Error{Code: CodeCodeLimit, Field: "phone", Detail: "no more codes can be sent for now"}
	// ErrPhoneUnverified: the account has no phone that somebody has proved to have.
	ErrPhoneUnverified = &Error{Code: CodeUnverified, Detail: "the account has no verified phone"}
	ErrPhoneLinked     = &Error{Code: CodePhoneLinked, Field: "phone", Detail: "the account has another phone number already"}
	ErrWeChatTaken     = &Error{Code: CodeWeChatTaken, Field: "wechat", Detail: "the WeChat user has an account of their own, with a phone number or orders"}
	ErrWeChatLinked    = &Error{Code: CodeWeChatLinked, Field: "wechat", Detail: "the account belongs to another WeChat user already"}
	ErrWeChatRefused   = &Error{Code: CodeWeChatRefused, Field: "wechat.code", Detail: "WeChat does not know this code; it is used once and soon expires"}
	ErrWeChatBlocked   = &Error{Code: CodeWeChatBlocked, Field: "wechat.code", Detail: "WeChat refuses this user's sign-in"}
	ErrWeChatState     = &Error{Code: CodeWeChatState, Field: "wechat.state", Detail: "the sign-in was not begun here, or too long ago"}
	ErrWeChatTooOften  = &Error{Code: CodeWeChatTooOften, Field: "wechat", Detail: "too many sign-ins through WeChat", RetryAfter: time.Minute}
)

// codeLimit is ErrCodeLimit with the time after which to try again.
func codeLimit(retry time.Duration) error {
	return &Error{Code: CodeCodeLimit, Field: ErrCodeLimit.Field, Detail: ErrCodeLimit.Detail, RetryAfter: max(retry, time.Second)}
}
