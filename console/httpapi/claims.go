package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/console"
	"fairgate/enforcement/cases"
)

type claimOutput struct {
	Body struct {
		cases.Claim
		Mine bool `json:"mine" doc:"false: somebody else has it open, and who asks does not"`
	}
}

func (s *server) claims(api huma.API) {
	huma.Register(api, needs(huma.Operation{
		OperationID: "claim-case", Method: http.MethodPost, Path: "/api/v1/cases/{id}/claim", Summary: "Take a case for 15 minutes", Tags: []string{"cases"},
		Description: "Asked again it prolongs that. It keeps nobody from deciding; it tells the second that somebody is at it.",
	}, console.Decide), func(ctx context.Context, in *taskInput) (*claimOutput, error) {
		claim, mine, err := s.Cases.Claim(ctx, s.o.Site, in.ID, callerOf(ctx).Name)
		if err != nil {
			return nil, s.reviewError(ctx, "claiming the case", err)
		}
		out := &claimOutput{}
		out.Body.Claim, out.Body.Mine = claim, mine
		if !mine {
			return out, nil
		}
		return out, s.record(ctx, "case.claim", "case:"+in.ID, "", nil, claim)
	})
}
