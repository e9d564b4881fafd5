package httpapi

import (
	"context"
	"net/http"

	"fairgate/ticketing"
	"fairgate/ticketing/inspection"
)

// inspectionOperations are on what the inspection of pools finds.
func (a *api) inspectionOperations() {
	there := a.opts.Inspection != nil
	off := []ticketing.Code{ticketing.CodeNotConfigured}
	handle(a, operation{
		method: http.MethodPost, path: "/internal/v1/inspections", id: "inspect", access: a.access.operations, bodyOptional: true,
		summary: "Inspect all pools now", describe: "Answers how many findings of each kind stand. It also runs daily.", codes: off,
	}, setUp(there, a.inspect))
	handle(a, operation{
		method: http.MethodGet, path: "/internal/v1/findings", id: "list-findings", access: a.access.operations,
		summary: "What inspections found", codes: off,
	}, setUp(there, a.findings))
	handle(a, operation{
		method: http.MethodPost, path: "/internal/v1/findings/{finding}/acknowledge", id: "acknowledge-finding", access: a.access.operations,
		summary: "Note that somebody looks after a finding", describe: "Under the name in X-Operator. It resolves by itself once it is gone.",
		codes: append(off, ticketing.CodeNotFound),
	}, setUp(there, a.acknowledge))
}

type standing struct {
	Standing map[inspection.Kind]int `json:"standing"`
}

func (a *api) inspect(ctx context.Context, _ *request[none, none]) (standing, error) {
	found, err := a.opts.Inspection.Inspect(ctx)
	return standing{Standing: found}, err
}

type inFindings struct {
	State string `query:"state" doc:"open, acknowledged or resolved; default: all."`
	After string `query:"after" doc:"The id of the last finding of the page before."`
	Limit int    `query:"limit" default:"200" doc:"How many at most."`
}

type findingList struct {
	Findings []inspection.Finding `json:"findings"`
}

func (a *api) findings(ctx context.Context, r *request[inFindings, none]) (findingList, error) {
	found, err := a.opts.Inspection.Findings(ctx, inspection.Query{State: inspection.State(r.params.State), After: r.params.After, Limit: r.params.Limit})
	return findingList{Findings: append([]inspection.Finding{}, found...)}, err
}

type inFinding struct {
	Finding string `path:"finding" doc:"The finding's id."`
}

type noteBody struct {
	Note string `json:"note" required:"false" doc:"At most 500 characters."`
}

func (a *api) acknowledge(ctx context.Context, r *request[inFinding, noteBody]) (inspection.Finding, error) {
	return a.opts.Inspection.Acknowledge(ctx, r.params.Finding, r.operator().Actor, r.body.Note)
}
