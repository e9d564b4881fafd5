package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/console"
	"fairgate/enforcement/explain"
	"fairgate/rules"
)

// Explain says why an event was judged as it was; *explain.Service is one.
type Explain interface {
	// Find reads what the ledger keeps of an event.
	Find(ctx context.Context, site, id string) (explain.Record, error)
	Explain(ctx context.Context, site, id string, given *rules.Program) (explain.EventExplanation, error)
}

type explainInput struct {
	ID string `path:"id" maxLength:"64" doc:"The event's id"`
}

type explainWithInput struct {
	ID   string `path:"id" maxLength:"64" doc:"The event's id"`
	Body struct {
		Ruleset string `json:"ruleset" minLength:"1" maxLength:"1000000" doc:"A ruleset document (YAML)"`
	}
}

type explainOutput struct{ Body explain.EventExplanation }

func (s *server) explain(api huma.API) {
	const path = "/api/v1/events/{id}/explanation"
	huma.Register(api, needs(huma.Operation{
		OperationID: "explain-event", Method: http.MethodGet, Path: path, Summary: "Why an event was judged as it was",
		Description: "The decision, each rule that fired with its condition and the values it saw, list entries, shadow hits, what the edge did and what followed. " +
			"A judgement whose `missing` is set was made by a ruleset that nobody has any more.", Tags: []string{"review"},
	}, console.ReadReview), func(ctx context.Context, in *explainInput) (*explainOutput, error) {
		return s.explained(ctx, in.ID, nil)
	})
	huma.Register(api, needs(huma.Operation{
		OperationID: "explain-event-with", Method: http.MethodPost, Path: path, Summary: "The same, with a ruleset that is not stored here",
		Description: "The document is used for judgements made by exactly its version, and is not kept.", Tags: []string{"review"},
	}, console.ReadReview), func(ctx context.Context, in *explainWithInput) (*explainOutput, error) {
		p, err := rules.Load("given", []byte(in.Body.Ruleset), rules.Options{})
		if err != nil {
			return nil, huma.Error422UnprocessableEntity("the ruleset is not valid", &huma.ErrorDetail{Location: "body.ruleset", Message: err.Error()})
		}
		return s.explained(ctx, in.ID, p)
	})
}

func (s *server) explained(ctx context.Context, id string, given *rules.Program) (*explainOutput, error) {
	x, err := s.Explain.Explain(ctx, s.o.Site, id, given)
	switch {
	case errors.Is(err, explain.ErrUnknownEvent):
		return nil, huma.Error404NotFound(explain.ErrUnknownEvent.Error())
	case errors.Is(err, explain.ErrInvalidID):
		return nil, huma.Error422UnprocessableEntity(err.Error())
	case err != nil:
		return nil, s.internal(ctx, "explaining the event", err)
	}
	return &explainOutput{x}, nil
}
