package httpapi

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// problemKind is the "type" of a problem that a program has to tell from others
// of the same status.
type problemKind string

// Kinds of problems.
const (
	problemCSRF     problemKind = "urn:fairgate:problem:csrf"
	problemPassword problemKind = "urn:fairgate:problem:password-change-required"
	problemEnrol    problemKind = "urn:fairgate:problem:totp-enrolment-required"
	problemProof    problemKind = "urn:fairgate:problem:reauthentication-required"
	problemRole     problemKind = "urn:fairgate:problem:role"
	problemInsecure problemKind = "urn:fairgate:problem:insecure-connection"
)

// problem is an error of one kind.
func problem(status int, kind problemKind, detail string) huma.StatusError {
	return &huma.ErrorModel{Type: string(kind), Status: status, Title: http.StatusText(status), Detail: detail}
}

// refuse answers in place of an operation.
func (s *server) refuse(api huma.API, ctx huma.Context, status int, kind problemKind, detail string) {
	ctx.SetHeader("Content-Type", "application/problem+json")
	ctx.SetStatus(status)
	if err := api.Marshal(ctx.BodyWriter(), "application/json", problem(status, kind, detail)); err != nil {
		s.o.Log.WarnContext(ctx.Context(), "a refusal could not be written", "error", err)
	}
}
