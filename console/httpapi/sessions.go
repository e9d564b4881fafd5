package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/console"
)

const opChangePassword = "change-password"

type signInInput struct {
	Body struct {
		Name     string `json:"name" minLength:"1" maxLength:"64" doc:"The operator's user name"`
		Password string `json:"password" minLength:"1" maxLength:"256"`
	}
}

type signInOutput struct {
	Body struct {
		Token     string            `json:"token" doc:"Send it as Authorization: Bearer"`
		ExpiresAt time.Time         `json:"expires_at"`
		Operator  console.Principal `json:"operator"`
	}
}

type passwordInput struct {
	Body struct {
		Old string `json:"old_password" minLength:"1" maxLength:"256"`
		New string `json:"new_password" minLength:"12" maxLength:"256"`
	}
}

type principalOutput struct{ Body console.Principal }

func (s *server) sessions(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "sign-in", Method: http.MethodPost, Path: "/api/v1/sessions", Summary: "Sign in",
		DefaultStatus: http.StatusCreated, Tags: []string{"session"},
	}, s.signIn)
	huma.Register(api, signedIn(huma.Operation{
		OperationID: "sign-out", Method: http.MethodDelete, Path: "/api/v1/sessions", Summary: "Sign out",
		DefaultStatus: http.StatusNoContent, Tags: []string{"session"},
	}), func(ctx context.Context, _ *struct{}) (*struct{}, error) {
		if err := s.Operators.SignOut(ctx, callerOf(ctx).token); err != nil {
			return nil, s.internal(ctx, "signing out", err)
		}
		return nil, nil
	})
	huma.Register(api, signedIn(huma.Operation{
		OperationID: "who-am-i", Method: http.MethodGet, Path: "/api/v1/me", Summary: "Who is signed in", Tags: []string{"session"},
	}), func(ctx context.Context, _ *struct{}) (*principalOutput, error) {
		return &principalOutput{callerOf(ctx).Principal}, nil
	})
	huma.Register(api, signedIn(huma.Operation{
		OperationID: opChangePassword, Method: http.MethodPost, Path: "/api/v1/password", Summary: "Change one's own password",
		Description: "Ends every session of the operator; sign in again.", DefaultStatus: http.StatusNoContent, Tags: []string{"session"},
	}), s.changePassword)
}

func (s *server) signIn(ctx context.Context, in *signInInput) (*signInOutput, error) {
	address := callerOf(ctx).address
	token, p, expires, err := s.Operators.SignIn(ctx, in.Body.Name, in.Body.Password, address)
	switch {
	case errors.Is(err, console.ErrBadCredentials):
		return nil, huma.Error401Unauthorized(err.Error())
	case errors.Is(err, console.ErrTooManyTries):
		return nil, huma.Error429TooManyRequests(err.Error())
	case err != nil:
		return nil, s.internal(ctx, "signing in", err)
	}
	out := &signInOutput{}
	out.Body.Token, out.Body.ExpiresAt, out.Body.Operator = token, expires, p
	who := callerOf(ctx)
	who.Principal = p
	ctx = context.WithValue(ctx, callerKey{}, who)
	return out, s.record(ctx, "session.create", p.Name, "", nil, nil)
}

func (s *server) changePassword(ctx context.Context, in *passwordInput) (*struct{}, error) {
	who := callerOf(ctx)
	err := s.Operators.ChangePassword(ctx, who.Name, in.Body.Old, in.Body.New)
	switch {
	case errors.Is(err, console.ErrBadCredentials):
		return nil, huma.Error401Unauthorized("the old password is wrong")
	case errors.Is(err, console.ErrWeakPassword):
		return nil, huma.Error422UnprocessableEntity(err.Error())
	case err != nil:
		return nil, s.internal(ctx, "changing the password", err)
	}
	return nil, s.record(ctx, "password.change", who.Name, "", nil, nil)
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

func host(addr string) string {
	if h, _, err := net.SplitHostPort(addr); err == nil {
		return h
	}
	return addr
}

func readAll(r io.Reader) ([]byte, error) { return io.ReadAll(io.LimitReader(r, 16<<20)) }
