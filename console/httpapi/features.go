package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/console"
	"fairgate/scoring/warmup"
)

// Features tells how far the features in force are; *warmup.Service is one.
type Features interface {
	States(ctx context.Context) (states []warmup.State, version string, err error)
}

type featuresOutput struct {
	Body struct {
		Ruleset  string         `json:"ruleset" doc:"Version in force"`
		Features []warmup.State `json:"features"`
	}
}

func (s *server) features(api huma.API) {
	huma.Register(api, needs(huma.Operation{
		OperationID: "list-features", Method: http.MethodGet, Path: "/api/v1/features", Summary: "The features in force, and which have seen their window",
		Description: "A feature that is not `warm` is warming until `warming_until`; no rule that acts may begin to read it before. " +
			"Without `since` it was counted from the beginning, or, where `counted` is false, is not counted yet.", Tags: []string{"rules"},
	}, console.ReadFeatures), func(ctx context.Context, _ *struct{}) (*featuresOutput, error) {
		states, version, err := s.Features.States(ctx)
		if err != nil {
			return nil, s.internal(ctx, "reading how far features are", err)
		}
		out := &featuresOutput{}
		out.Body.Ruleset, out.Body.Features = version, states
		return out, nil
	})
}
