// Package wechattest is a local WeChat for tests and simulations: it checks
// what a client sends as strictly as WeChat's documentation says, spends codes,
// and answers with the documented error codes. It knows no networks beyond the
// handler it is.
package wechattest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"sync"
)

// User is who a code stands for.
type User struct {
	OpenID  string
	UnionID string // empty for an app that is bound to no open platform account
}

// Fake answers as api.weixin.qq.com does, for apps by their id and secret. It
// is safe for concurrent use.
type Fake struct {
	apps map[string]string

	mu    sync.Mutex
	codes map[string]User // by app id and code
	spent map[string]bool
	next  []int // error codes to answer with before anything else
	calls int
}

// SessionKey is what every answer holds that nobody may ever see again.
const SessionKey = "c2Vzc2lvbi1rZXktc2VjcmV0IQ=="

// New makes a fake of the given apps: their secrets by id.
func New(apps map[string]string) *Fake {
	return &Fake{apps: apps, codes: map[string]User{}, spent: map[string]bool{}}
}

// Issue makes a code of an app stand for a user, once.
func (f *Fake) Issue(app, code string, user User) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.codes[app+"\n"+code] = user
}

// FailNext answers the next calls with error codes, one each.
func (f *Fake) FailNext(codes ...int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next = append(f.next, codes...)
}

// Calls counts the calls so far.
func (f *Fake) Calls() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

// ServeHTTP implements http.Handler.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	codeField := map[string]string{"/sns/jscode2session": "js_code", "/sns/oauth2/access_token": "code"}[r.URL.Path]
	if codeField == "" || r.Method != http.MethodGet {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/plain") // as WeChat does
	answer := f.answer(r.URL.Query(), codeField)
	_ = json.NewEncoder(w).Encode(answer) // a test's client that has gone misses nothing
}

func (f *Fake) answer(query url.Values, codeField string) map[string]any {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	if len(f.next) > 0 {
		code := f.next[0]
		f.next = f.next[1:]
		return failure(code)
	}
	app, code := query.Get("appid"), query.Get(codeField)
	secret, known := f.apps[app]
	key := app + "\n" + code
	user, issued := f.codes[key]
	switch {
	case !known:
		return failure(40013)
	case query.Get("secret") != secret:
		return failure(40125)
	case query.Get("grant_type") != "authorization_code":
		return failure(40002)
	case code == "":
		return failure(41008)
	case f.spent[key]:
		return failure(40163)
	case !issued:
		return failure(40029)
	}
	f.spent[key] = true
	out := map[string]any{"openid": user.OpenID}
	if user.UnionID != "" {
		out["unionid"] = user.UnionID
	}
	if codeField == "js_code" {
		out["session_key"] = SessionKey
	} else {
		out["access_token"], out["refresh_token"], out["expires_in"], out["scope"] = SessionKey, SessionKey, 7200, "snsapi_login"
	}
	return out
}

func failure(code int) map[string]any {
	text := map[int]string{-1: "system error", 40029: "invalid code", 45011: "api minute-quota reach limit, must slower, retry next minute"}[code]
	return map[string]any{"errcode": code, "errmsg": text + ", rid: 0-0-0"}
}
