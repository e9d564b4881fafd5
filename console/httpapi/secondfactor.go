package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/console"
)

// SecondFactors are the operators' one-time codes; *store.Store is one.
type SecondFactors interface {
	SecondFactor(ctx context.Context, name string) (console.SecondFactor, error)
	EnrolTOTP(ctx context.Context, name string) (console.Enrolment, error)
	ConfirmTOTP(ctx context.Context, name, address, keep, code string) (recovery []string, err error)
	RenewRecovery(ctx context.Context, name string) ([]string, error)
	RemoveTOTP(ctx context.Context, name string) error
}

type codeInput struct {
	Body struct {
		Code string `json:"code" minLength:"6" maxLength:"32" doc:"Six digits of the authenticator app, or at sign-in a recovery code"`
	}
}

type enrolmentOutput struct{ Body console.Enrolment }

type recoveryOutput struct {
	Body struct {
		Codes []string `json:"recovery_codes" doc:"Each opens the account once when the app is lost. Shown this once"`
	}
}

type confirmedOutput struct {
	SetCookie string `header:"Set-Cookie"`
	Body      struct {
		Codes []string `json:"recovery_codes" doc:"Each opens the account once when the app is lost. Shown this once"`
		Token string   `json:"token,omitempty" doc:"The session's new token, unless it is a cookie"`
	}
}

func (s *server) secondFactors(api huma.API) {
	const path = "/api/v1/me/totp"
	tags := []string{"session"}
	huma.Register(api, huma.Operation{
		OperationID: "sign-in-code", Method: http.MethodPost, Path: "/api/v1/sessions/totp", Summary: "The second step of signing in",
		Description:   "Takes the cookie or the bearer token that sign-in gave with `totp_required`.",
		DefaultStatus: http.StatusCreated, Tags: tags,
	}, s.signInCode)
	huma.Register(api, sensitive(operatorsOwn(always(huma.Operation{
		OperationID: "enrol-totp", Method: http.MethodPost, Path: path, Summary: "Begin to enrol a second factor",
		Description: "The secret is shown this once. It is in force when a code of it was confirmed; until then one from before stays.", Tags: tags,
	}))), s.enrol)
	huma.Register(api, operatorsOwn(always(huma.Operation{
		OperationID: "confirm-totp", Method: http.MethodPost, Path: path + "/confirmation", Summary: "Put the second factor in force",
		Description: "Ends the operator's other sessions, which were opened without it.", Tags: tags,
	})), s.confirmTOTP)
	huma.Register(api, sensitive(operatorsOwn(signedIn(huma.Operation{
		OperationID: "renew-recovery-codes", Method: http.MethodPost, Path: path + "/recovery-codes", Summary: "New recovery codes in place of the old", Tags: tags,
	}))), s.renewRecovery)
	huma.Register(api, sensitive(operatorsOwn(signedIn(huma.Operation{
		OperationID: "remove-totp", Method: http.MethodDelete, Path: path, Summary: "Do without a second factor",
		DefaultStatus: http.StatusNoContent, Tags: tags,
	}))), s.removeOwnTOTP)
	huma.Register(api, sensitive(needs(huma.Operation{
		OperationID: "reset-totp", Method: http.MethodPost, Path: "/api/v1/users/{name}/totp-reset", Summary: "Take an operator's second factor away",
		Description: "For an operator who lost app and recovery codes. Ends the operator's sessions.", DefaultStatus: http.StatusNoContent, Tags: []string{"operators"},
	}, console.EditOperators)), s.resetTOTP)
}

func (s *server) signInCode(ctx context.Context, in *codeInput) (*signInOutput, error) {
	who := callerOf(ctx)
	a := console.Attempt{Address: who.address, Agent: who.agent, Credential: who.by, Replaces: who.token}
	if who.by == console.ByCookie && who.token != "" {
		if err := who.browser.mayHaveCookie(); err != nil {
			return nil, err
		}
	}
	grant, err := s.Operators.SecondStep(ctx, a, in.Body.Code)
	if err != nil {
		return nil, s.signInError(ctx, err)
	}
	return s.granted(ctx, grant)
}

func (s *server) enrol(ctx context.Context, _ *struct{}) (*enrolmentOutput, error) {
	who := callerOf(ctx)
	e, err := s.SecondFactors.EnrolTOTP(ctx, who.Name)
	if errors.Is(err, console.ErrNoSecondFactor) {
		return nil, huma.Error503ServiceUnavailable(err.Error())
	}
	if err != nil {
		return nil, s.internal(ctx, "enrolling a second factor", err)
	}
	return &enrolmentOutput{e}, s.record(ctx, "totp.enrol", who.Name, "", nil, nil)
}

func (s *server) confirmTOTP(ctx context.Context, in *codeInput) (*confirmedOutput, error) {
	who := callerOf(ctx)
	codes, err := s.SecondFactors.ConfirmTOTP(ctx, who.Name, who.address, who.Session.ID, in.Body.Code)
	switch {
	case errors.Is(err, console.ErrNotFound):
		return nil, huma.Error409Conflict("no enrolment was begun: POST /api/v1/me/totp")
	case errors.Is(err, console.ErrBadCode):
		return nil, huma.Error422UnprocessableEntity(err.Error(), &huma.ErrorDetail{Location: "body.code", Message: "is not the app's code"})
	case err != nil:
		return nil, s.signInError(ctx, err)
	}
	grant, err := s.Proofs.Renew(ctx, who.Identity, who.token)
	if err != nil {
		return nil, s.signInError(ctx, err)
	}
	out := &confirmedOutput{}
	out.Body.Codes = codes
	out.SetCookie, out.Body.Token = s.handOver(ctx, grant)
	return out, s.record(ctx, "totp.confirm", who.Name, "", nil, nil)
}

func (s *server) renewRecovery(ctx context.Context, _ *struct{}) (*recoveryOutput, error) {
	who := callerOf(ctx)
	codes, err := s.SecondFactors.RenewRecovery(ctx, who.Name)
	if errors.Is(err, console.ErrNotFound) {
		return nil, huma.Error409Conflict("there is no second factor to recover: POST /api/v1/me/totp")
	}
	if err != nil {
		return nil, s.internal(ctx, "renewing the recovery codes", err)
	}
	out := &recoveryOutput{}
	out.Body.Codes = codes
	return out, s.record(ctx, "totp.recovery_codes", who.Name, "", nil, nil)
}

func (s *server) removeOwnTOTP(ctx context.Context, _ *struct{}) (*struct{}, error) {
	who := callerOf(ctx)
	if s.o.RequireTOTP[who.Role] {
		return nil, huma.Error409Conflict("the role " + string(who.Role) + " needs a second factor; enrol another in its place")
	}
	return nil, s.removeTOTP(ctx, who.Name, "totp.remove", "")
}

func (s *server) resetTOTP(ctx context.Context, in *endOperatorInput) (*struct{}, error) {
	if in.Name == callerOf(ctx).Name {
		return nil, huma.Error409Conflict("one's own second factor is removed with DELETE /api/v1/me/totp")
	}
	if err := s.removeTOTP(ctx, in.Name, "totp.reset", in.Body.Reason); err != nil {
		return nil, err
	}
	if _, err := s.Sessions.EndSessions(ctx, in.Name, ""); err != nil {
		return nil, s.internal(ctx, "ending the sessions", err)
	}
	return nil, nil
}

func (s *server) removeTOTP(ctx context.Context, name, action, reason string) error {
	err := s.SecondFactors.RemoveTOTP(ctx, name)
	if errors.Is(err, console.ErrNotFound) {
		return huma.Error404NotFound(err.Error())
	}
	if err != nil {
		return s.internal(ctx, "removing the second factor", err)
	}
	return s.record(ctx, action, name, reason, nil, nil)
}
