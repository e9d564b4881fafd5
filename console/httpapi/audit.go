package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/console"
	"fairgate/console/store"
)

type auditInput struct {
	Before int64 `query:"before" minimum:"0" doc:"Only entries older than this number"`
	Limit  int   `query:"limit" minimum:"1" maximum:"500" default:"50"`
}

type auditOutput struct {
	Body struct {
		Entries []console.AuditEntry `json:"entries"`
	}
}

type verifyOutput struct {
	Body struct {
		Verified int64  `json:"verified_to" doc:"The last entry that the chain of hashes confirms"`
		Broken   string `json:"broken,omitempty" doc:"What does not fit, where something does not"`
	}
}

func (s *server) audit(api huma.API) {
	huma.Register(api, needs(huma.Operation{
		OperationID: "read-audit", Method: http.MethodGet, Path: "/api/v1/audit", Summary: "The audit log, the newest first", Tags: []string{"audit"},
	}, console.ReadAudit), func(ctx context.Context, in *auditInput) (*auditOutput, error) {
		entries, err := s.Audit.Entries(ctx, in.Before, in.Limit)
		if err != nil {
			return nil, s.internal(ctx, "reading the audit log", err)
		}
		out := &auditOutput{}
		out.Body.Entries = append([]console.AuditEntry{}, entries...)
		return out, nil
	})
	huma.Register(api, needs(huma.Operation{
		OperationID: "verify-audit", Method: http.MethodGet, Path: "/api/v1/audit/verification", Summary: "Check the chain of the audit log", Tags: []string{"audit"},
	}, console.ReadAudit), func(ctx context.Context, _ *struct{}) (*verifyOutput, error) {
		last, err := s.Audit.Verify(ctx)
		if err != nil && !errors.Is(err, store.ErrChainBroken) {
			return nil, s.internal(ctx, "verifying the audit log", err)
		}
		out := &verifyOutput{}
		out.Body.Verified = last
		if err != nil {
			out.Body.Broken = err.Error()
		}
		return out, nil
	})
}
