package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/console"
)

// Operators is who may sign in; *store.Store is one.
type Operators interface {
	SignIn(ctx context.Context, a console.Attempt) (console.Grant, error)
	SecondStep(ctx context.Context, a console.Attempt, code string) (console.Grant, error)
	SignOut(ctx context.Context, token string) error
	ChangePassword(ctx context.Context, name, address, old, replacement string) error
	Who(ctx context.Context, token string) (console.Identity, error)
}

type signInInput struct {
	Body struct {
		Name     string `json:"name" minLength:"1" maxLength:"64" doc:"The operator's user name"`
		Password string `json:"password" minLength:"1" maxLength:"256"`
		Cookie   bool   `json:"cookie,omitempty" doc:"For browsers: the session is a cookie that no script can read, and the answer holds no token"`
	}
}

type signInOutput struct {
	SetCookie string `header:"Set-Cookie"`
	Body      struct {
		Token     string            `json:"token,omitempty" doc:"Send it as Authorization: Bearer. A sign-in by cookie has none"`
		CSRF      string            `json:"csrf_token,omitempty" doc:"Of a sign-in by cookie: send it as X-CSRF-Token with every write"`
		ExpiresAt time.Time         `json:"expires_at" doc:"When the session ends, however much it is used"`
		Operator  console.Principal `json:"operator"`
		TOTP      bool              `json:"totp_required,omitempty" doc:"The session opens nothing until POST /api/v1/sessions/totp had a code, within five minutes"`
	}
}

type passwordInput struct {
	Body struct {
		Old string `json:"old_password" minLength:"1" maxLength:"256"`
		New string `json:"new_password" minLength:"12" maxLength:"256"`
	}
}

// meBody is who is signed in and what they may do.
type meBody struct {
	console.Principal
	Permissions []console.Permission `json:"permissions" doc:"What the role may do"`
	Session     console.Session      `json:"session"`
	Second      console.SecondFactor `json:"totp" doc:"The operator's second factor"`
	ProvedUntil time.Time            `json:"proved_until" doc:"Until when dangerous operations need no other password or code"`
	CSRF        string               `json:"csrf_token,omitempty" doc:"Of a session by cookie: send it as X-CSRF-Token with every write"`
}

type meOutput struct{ Body meBody }

type endedOutput struct {
	SetCookie string `header:"Set-Cookie"`
}

func (s *server) sessions(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "sign-in", Method: http.MethodPost, Path: "/api/v1/sessions", Summary: "Sign in",
		DefaultStatus: http.StatusCreated, Tags: []string{"session"},
	}, s.signIn)
	huma.Register(api, always(huma.Operation{
		OperationID: "sign-out", Method: http.MethodDelete, Path: "/api/v1/sessions", Summary: "Sign out",
		DefaultStatus: http.StatusNoContent, Tags: []string{"session"},
	}), func(ctx context.Context, _ *struct{}) (*endedOutput, error) {
		who := callerOf(ctx)
		if err := s.Operators.SignOut(ctx, who.token); err != nil {
			return nil, s.internal(ctx, "signing out", err)
		}
		return who.ended(), nil
	})
	huma.Register(api, always(huma.Operation{
		OperationID: "who-am-i", Method: http.MethodGet, Path: "/api/v1/me", Summary: "Who is signed in", Tags: []string{"session"},
	}), func(ctx context.Context, _ *struct{}) (*meOutput, error) {
		who := callerOf(ctx)
		me := meBody{Principal: who.Principal, Permissions: who.Role.Permissions(), Session: who.Session}
		if !who.Session.ProvedAt.IsZero() {
			me.ProvedUntil = who.Session.ProvedAt.Add(provedFor)
		}
		var err error
		if me.Second, err = s.SecondFactors.SecondFactor(ctx, who.Name); err != nil {
			return nil, s.internal(ctx, "reading the second factor", err)
		}
		if who.Session.Credential == console.ByCookie {
			me.CSRF = who.CSRF
		}
		return &meOutput{me}, nil
	})
	huma.Register(api, operatorsOwn(always(huma.Operation{
		OperationID: "change-password", Method: http.MethodPost, Path: "/api/v1/password", Summary: "Change one's own password",
		Description: "Ends every session of the operator; sign in again.", DefaultStatus: http.StatusNoContent, Tags: []string{"session"},
	})), s.changePassword)
}

// ended takes the cookie of a session back that is no more.
func (c caller) ended() *endedOutput {
	if c.Session.Credential != console.ByCookie {
		return &endedOutput{}
	}
	return &endedOutput{SetCookie: c.browser.keep("", 0)}
}

func (s *server) signIn(ctx context.Context, in *signInInput) (*signInOutput, error) {
	who := callerOf(ctx)
	a := console.Attempt{Name: in.Body.Name, Password: in.Body.Password, Address: who.address, Agent: who.agent, Credential: console.ByBearer}
	if in.Body.Cookie {
		if err := who.browser.mayHaveCookie(); err != nil {
			return nil, err
		}
		a.Credential, a.Replaces = console.ByCookie, who.browser.token
	}
	grant, err := s.Operators.SignIn(ctx, a)
	if err != nil {
		return nil, s.signInError(ctx, err)
	}
	return s.granted(ctx, grant)
}

// mayHaveCookie refuses a cookie to a page of somebody else, and one that
// everybody on the way could read.
func (b browser) mayHaveCookie() error {
	if b.foreign != "" {
		return problem(http.StatusForbidden, problemCSRF, b.foreign)
	}
	if !b.secure && !b.local {
		return problem(http.StatusForbidden, problemInsecure, "browsers sign in over HTTPS only; where a proxy speaks it, name the proxy in console.trusted_proxies and have it send X-Forwarded-Proto")
	}
	return nil
}

// granted answers with a new session and audits it, unless there is a step to
// come.
func (s *server) granted(ctx context.Context, g console.Grant) (*signInOutput, error) {
	who := callerOf(ctx)
	out := &signInOutput{}
	out.Body.ExpiresAt, out.Body.Operator, out.Body.TOTP = g.Session.ExpiresAt, g.Principal, g.TOTPRequired
	out.SetCookie, out.Body.Token = s.handOver(ctx, g)
	if g.TOTPRequired {
		return out, nil
	}
	if g.Session.Credential == console.ByCookie {
		out.Body.CSRF = g.CSRF
	}
	who.Identity = g.Identity
	ctx = context.WithValue(ctx, callerKey{}, who)
	return out, s.record(ctx, "session.create", g.Name, "", nil, nil)
}

func (s *server) signInError(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, console.ErrBadCredentials), errors.Is(err, console.ErrBadCode):
		return huma.Error401Unauthorized(err.Error())
	case errors.Is(err, console.ErrSignedOut):
		return huma.Error401Unauthorized(console.ErrSignedOut.Error())
	case errors.Is(err, console.ErrTooManyTries):
		return huma.Error429TooManyRequests(err.Error())
	default:
		return s.internal(ctx, "signing in", err)
	}
}

func (s *server) changePassword(ctx context.Context, in *passwordInput) (*endedOutput, error) {
	who := callerOf(ctx)
	err := s.Operators.ChangePassword(ctx, who.Name, who.address, in.Body.Old, in.Body.New)
	switch {
	case errors.Is(err, console.ErrBadCredentials):
		return nil, huma.Error401Unauthorized("the old password is wrong")
	case errors.Is(err, console.ErrTooManyTries):
		return nil, huma.Error429TooManyRequests(err.Error())
	case errors.Is(err, console.ErrWeakPassword):
		return nil, huma.Error422UnprocessableEntity(err.Error())
	case err != nil:
		return nil, s.internal(ctx, "changing the password", err)
	}
	return who.ended(), s.record(ctx, "password.change", who.Name, "", nil, nil)
}

// text encodes a before or after for the audit log; nil is empty.
func text(v any) string {
	if v == nil {
		return ""
	}
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}

func readAll(r io.Reader) ([]byte, error) { return io.ReadAll(io.LimitReader(r, 16<<20)) }
