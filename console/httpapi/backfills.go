package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/console"
	"fairgate/enforcement/backfill"
	"fairgate/scoring/warmup"
)

// Backfills fill new features from the ledger; *backfill.Service is one.
type Backfills interface {
	Start(ctx context.Context, feature, actor, reason string) (backfill.Job, error)
	Cancel(ctx context.Context, feature string) error
	Jobs(ctx context.Context) ([]backfill.Job, error)
}

type (
	backfillInput struct {
		Name string `path:"name" maxLength:"200" doc:"Name of the feature"`
		Body struct {
			Reason string `json:"reason" minLength:"3" maxLength:"500"`
		}
	}
	backfillOutput  struct{ Body backfill.Job }
	backfillsOutput struct {
		Body struct {
			Backfills []backfill.Job `json:"backfills"`
		}
	}
)

func (s *server) backfills(api huma.API) {
	huma.Register(api, needs(huma.Operation{
		OperationID: "list-backfills", Method: http.MethodGet, Path: "/api/v1/backfills", Summary: "Backfills of features, the last changed first", Tags: []string{"rules"},
	}, console.ReadFeatures), func(ctx context.Context, _ *struct{}) (*backfillsOutput, error) {
		jobs, err := s.Backfills.Jobs(ctx)
		if err != nil {
			return nil, s.backfillError(ctx, err)
		}
		out := &backfillsOutput{}
		out.Body.Backfills = jobs
		return out, nil
	})
	const path = "/api/v1/features/{name}/backfill"
	huma.Register(api, needs(huma.Operation{
		OperationID: "start-backfill", Method: http.MethodPost, Path: path, Summary: "Fill a new feature from the ledger", DefaultStatus: http.StatusAccepted,
		Description: "The feature is warm when the job is done. 409 where it is warm, not counted, a ratio, or under way already.", Tags: []string{"rules"},
	}, console.EditRules), func(ctx context.Context, in *backfillInput) (*backfillOutput, error) {
		j, err := s.Backfills.Start(ctx, in.Name, callerOf(ctx).Name, in.Body.Reason)
		if err != nil {
			return nil, s.backfillError(ctx, err)
		}
		return &backfillOutput{j}, s.record(ctx, "feature.backfill", in.Name, in.Body.Reason, nil, j)
	})
	huma.Register(api, needs(huma.Operation{
		OperationID: "cancel-backfill", Method: http.MethodPost, Path: path + "/cancel", Summary: "Stop filling a feature", DefaultStatus: http.StatusNoContent,
		Description: "What is in stays in and does no harm.", Tags: []string{"rules"},
	}, console.EditRules), func(ctx context.Context, in *backfillInput) (*struct{}, error) {
		if err := s.Backfills.Cancel(ctx, in.Name); err != nil {
			return nil, s.backfillError(ctx, err)
		}
		return nil, s.record(ctx, "feature.backfill_cancel", in.Name, in.Body.Reason, nil, nil)
	})
}

func (s *server) backfillError(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, warmup.ErrUnknownFeature), errors.Is(err, backfill.ErrNoJob):
		return huma.Error404NotFound(err.Error())
	case errors.Is(err, backfill.ErrWarm), errors.Is(err, backfill.ErrCold), errors.Is(err, backfill.ErrRatio),
		errors.Is(err, backfill.ErrTwice), errors.Is(err, backfill.ErrUnderWay):
		return huma.Error409Conflict(err.Error())
	default:
		return s.internal(ctx, "backfilling a feature", err)
	}
}
