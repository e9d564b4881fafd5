package wechat

import (
	"errors"
	"fmt"

	"fairgate/ticketing"
)

// WeChat's error codes that mean something to us.
const (
	codeBusy        = -1    // 系统繁忙: ask again
	codeInvalid     = 40029 // the code is not known, or of another app
	codeUsed        = 40163 // the code has been used
	codeMissing     = 41008 // there was no code
	codeExpired     = 42003 // the code has expired
	codeBlocked     = 40226 // a user of high risk, whom WeChat does not let in
	codeTooOften    = 45011 // a user's calls in a minute are used up
	codeQuota       = 45009 // the app's calls in a day are used up
	codeBadAppID    = 40013
	codeBadSecret   = 40125
	codeWrongSecret = 40001
)

// errBusy is WeChat asking to be asked again.
var errBusy = fmt.Errorf("busy: %w", ticketing.ErrUnavailable)

// judge turns WeChat's error code into ours. WeChat's own text is not repeated:
// it quotes requests.
func judge(a answer) error {
	switch a.ErrCode {
	case 0:
		return nil
	case codeBusy:
		return errBusy
	case codeInvalid, codeUsed, codeMissing, codeExpired:
		return ticketing.ErrWeChatRefused
	case codeBlocked:
		return ticketing.ErrWeChatBlocked
	case codeTooOften:
		return ticketing.ErrWeChatTooOften
	case codeQuota:
		return unavailable(fmt.Errorf("errcode %d: the app's quota is used up", a.ErrCode))
	case codeBadAppID, codeBadSecret, codeWrongSecret:
		return unavailable(fmt.Errorf("errcode %d: the app's id or secret is wrong", a.ErrCode))
	}
	return unavailable(fmt.Errorf("errcode %d", a.ErrCode))
}

// unavailable marks a failure that is not the visitor's.
func unavailable(err error) error { return fmt.Errorf("%w: %w", ticketing.ErrUnavailable, err) }

// result is a call's metric label.
func result(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, errBusy):
		return "busy"
	case errors.Is(err, ticketing.ErrUnavailable):
		return "failed"
	}
	return "refused"
}
