package httpapi

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/console"
)

// Proofs are of operators who show once more that it is they; *store.Store is
// one.
type Proofs interface {
	// Prove checks a password or a code and renews the session's token.
	Prove(ctx context.Context, id console.Identity, token, address string, p console.Proof) (console.Grant, error)
	Renew(ctx context.Context, id console.Identity, token string) (console.Grant, error)
	// Spend counts one dangerous operation; console.ErrTooMany: no more for now.
	Spend(ctx context.Context, operator, operation string) error
	// Refund takes back what Spend counted for an operation that did nothing.
	Refund(ctx context.Context, operator, operation string) error
}

// provedFor is how long after a password or a code dangerous operations are open.
const provedFor = 5 * time.Minute

const (
	sensitiveKey = "sensitive"
	ownKey       = "own"
)

// sensitive marks an operation that somebody at another's unlocked screen must
// not be able to do: it needs a password or a code within the last minutes, an
// API key that may, and is counted.
func sensitive(op huma.Operation) huma.Operation {
	mark(&op, sensitiveKey, true)
	op.Description = strings.TrimSpace(op.Description + "\n\nNeeds a password or a code within the last five minutes (`POST /api/v1/reauthentication`), and is limited per operator and hour.")
	return op
}

// operatorsOwn marks an operation on an operator's own account, which an API key
// is not.
func operatorsOwn(op huma.Operation) huma.Operation {
	mark(&op, ownKey, true)
	return op
}

type proofInput struct {
	Body struct {
		Password string `json:"password,omitempty" maxLength:"256"`
		Code     string `json:"code,omitempty" maxLength:"32" doc:"Of the authenticator app, in place of the password"`
	}
}

type proofOutput struct {
	SetCookie string `header:"Set-Cookie"`
	Body      struct {
		Token       string    `json:"token,omitempty" doc:"The session's new token, unless it is a cookie; the old one lasts a few seconds more"`
		CSRF        string    `json:"csrf_token,omitempty" doc:"As before"`
		ProvedUntil time.Time `json:"proved_until" doc:"When it has to be given again"`
	}
}

func (s *server) reauthentication(api huma.API) {
	huma.Register(api, operatorsOwn(always(huma.Operation{
		OperationID: "reauthenticate", Method: http.MethodPost, Path: "/api/v1/reauthentication",
		Summary: "Give the password or a code once more, before something dangerous", Tags: []string{"session"},
	})), s.reauthenticate)
}

func (s *server) reauthenticate(ctx context.Context, in *proofInput) (*proofOutput, error) {
	who := callerOf(ctx)
	if (in.Body.Password == "") == (in.Body.Code == "") {
		return nil, huma.Error422UnprocessableEntity("give either password or code")
	}
	grant, err := s.Proofs.Prove(ctx, who.Identity, who.token, who.address, console.Proof{Password: in.Body.Password, Code: in.Body.Code})
	switch {
	case errors.Is(err, console.ErrBadCredentials):
		return nil, huma.Error422UnprocessableEntity("the password is wrong", &huma.ErrorDetail{Location: "body.password", Message: "is wrong"})
	case errors.Is(err, console.ErrBadCode):
		return nil, huma.Error422UnprocessableEntity(err.Error(), &huma.ErrorDetail{Location: "body.code", Message: "is not the app's code"})
	case err != nil:
		return nil, s.signInError(ctx, err)
	}
	out := &proofOutput{}
	out.SetCookie, out.Body.Token = s.handOver(ctx, grant)
	if grant.Session.Credential == console.ByCookie {
		out.Body.CSRF = grant.CSRF
	}
	out.Body.ProvedUntil = grant.Session.ProvedAt.Add(provedFor)
	return out, s.record(ctx, "session.prove", who.Name, "", nil, nil)
}

// handOver gives a session's new token to whoever may have it: a browser as a
// cookie, a program as text.
func (s *server) handOver(ctx context.Context, g console.Grant) (cookie, token string) {
	if g.Session.Credential == console.ByCookie {
		return callerOf(ctx).browser.keep(g.Token, g.Session.ExpiresAt.Sub(s.o.Now())), ""
	}
	return "", g.Token
}

// refund does not count a dangerous operation that was refused after all, as for
// a missing field.
func (s *server) refund(ctx huma.Context, id console.Identity) {
	if status := ctx.Status(); status < http.StatusBadRequest || status >= http.StatusInternalServerError {
		return
	}
	if err := s.Proofs.Refund(ctx.Context(), id.Name, ctx.Operation().OperationID); err != nil {
		s.o.Log.WarnContext(ctx.Context(), "a refused operation was counted", "error", err)
	}
}

// dangerous says why a dangerous operation is not open to a caller; status 0: it
// is, and was counted.
func (s *server) dangerous(ctx context.Context, op *huma.Operation, id console.Identity) (status int, kind problemKind, why string) {
	if s.o.Now().Sub(id.Session.ProvedAt) > provedFor {
		if id.Session.Credential == console.ByKey {
			return http.StatusForbidden, problemRole, "this API key was made without the right to dangerous operations"
		}
		return http.StatusForbidden, problemProof, "give your password or a code first: POST /api/v1/reauthentication"
	}
	err := s.Proofs.Spend(ctx, id.Name, op.OperationID)
	switch {
	case errors.Is(err, console.ErrTooMany):
		return http.StatusTooManyRequests, "", err.Error()
	case err != nil:
		s.o.Log.ErrorContext(ctx, "dangerous operations cannot be counted", "error", err)
		return http.StatusServiceUnavailable, "", "dangerous operations cannot be counted right now, and are refused"
	}
	return 0, "", ""
}
