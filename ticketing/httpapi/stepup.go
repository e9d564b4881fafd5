package httpapi

import (
	"context"
	"net/http"

	"fairgate/ticketing"
)

// stepUpOperations let enforcement ask whether an account's holder is there.
// The number stays in the house.
func (a *api) stepUpOperations() {
	codes := []ticketing.Code{ticketing.CodeNotFound, ticketing.CodeUnverified, ticketing.CodeNotConfigured}
	handle(a, operation{
		method: http.MethodPost, path: "/internal/v1/accounts/{account}/step-up", id: "send-step-up", access: a.access.enforcement,
		status: http.StatusAccepted, summary: "Send a code to the account's verified phone",
		describe: "Within the limits of codes by number and day.", codes: append(codes, ticketing.CodeCodeLimit),
	}, a.sendStepUp)
	handle(a, operation{
		method: http.MethodPost, path: "/internal/v1/accounts/{account}/step-up/check", id: "check-step-up", access: a.access.enforcement,
		summary: "Use up the code that was sent", describe: "A code is good once, for five minutes and five tries.",
		codes: append(codes, ticketing.CodeInvalidField, ticketing.CodeWrongCode),
	}, a.checkStepUp)
}

type stepUpSent struct {
	SentTo string `json:"sent_to" doc:"The number with most digits hidden."`
}

func (a *api) sendStepUp(ctx context.Context, r *request[inAccount, none]) (stepUpSent, error) {
	to, err := a.service.RequestStepUp(ctx, r.call(), r.params.Account)
	return stepUpSent{SentTo: to}, err
}

type stepUpCode struct {
	Code string `json:"code" doc:"As typed."`
}

func (a *api) checkStepUp(ctx context.Context, r *request[inAccount, stepUpCode]) (none, error) {
	return none{}, a.service.CheckStepUp(ctx, r.call(), r.params.Account, r.body.Code)
}
