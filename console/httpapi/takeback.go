package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/console"
	"fairgate/enforcement/cases"
)

type takeBackInput struct {
	Body struct {
		Cases []string `json:"cases" minItems:"1" maxItems:"500" doc:"Those that the caller has just confirmed"`
	}
}

type takeBackOutput struct {
	Body struct {
		TakenBack []string `json:"taken_back" doc:"Open again; nothing of theirs is cancelled"`
		TooLate   []string `json:"too_late" doc:"Their cancellations have begun, or somebody has decided since: decide anew"`
	}
}

func (s *server) takeBacks(api huma.API) {
	huma.Register(api, needs(huma.Operation{
		OperationID: "take-back-decision", Method: http.MethodPost, Path: "/api/v1/cases/take-back", Tags: []string{"cases"},
		Summary:     "Take confirmations back before anything is cancelled",
		Description: "Within 30 seconds, and only one's own. What a confirmed account holds is cancelled after that (`cancels_at` of the decision).",
	}, console.Decide), func(ctx context.Context, in *takeBackInput) (*takeBackOutput, error) {
		out := &takeBackOutput{}
		out.Body.TakenBack, out.Body.TooLate = []string{}, []string{}
		for _, id := range in.Body.Cases {
			c, err := s.BulkCases.TakeBack(ctx, s.o.Site, id, callerOf(ctx).Name)
			switch {
			case err == nil:
				out.Body.TakenBack = append(out.Body.TakenBack, id)
				err = s.record(ctx, "case.take_back", "case:"+id, "", map[string]any{"state": cases.Confirmed}, map[string]any{"state": c.State})
			case errors.Is(err, cases.ErrTooLate):
				out.Body.TooLate = append(out.Body.TooLate, id)
				continue
			}
			if err != nil {
				return nil, s.reviewError(ctx, "taking the decision back", err)
			}
		}
		return out, nil
	})
}
