package httpapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/console"
	"fairgate/enforcement/ledger/rulehits"
	"fairgate/ingest"
)

// RuleHits tells whom rules hit; *rulehits.Reader is one.
type RuleHits interface {
	Rules(ctx context.Context, site string, from, to time.Time) ([]rulehits.Rule, error)
	Samples(ctx context.Context, site string, q rulehits.Asked) ([]rulehits.Sample, error)
}

type (
	ruleHitsInput struct {
		Hours int `query:"hours" minimum:"1" maximum:"4560" default:"24" doc:"How far back"`
	}
	ruleHitsOutput struct {
		Body struct {
			From  time.Time       `json:"from"`
			To    time.Time       `json:"to"`
			Rules []rulehits.Rule `json:"rules" doc:"Those that hit somebody"`
		}
	}
	samplesInput struct {
		Action string `query:"action" enum:"allow,flag,challenge,block" doc:"Of the decision"`
		Rule   string `query:"rule" maxLength:"64" doc:"Only events for which it fired"`
		Kind   string `query:"kind" maxLength:"64"`
		Hours  int    `query:"hours" minimum:"1" maximum:"4560" default:"24" doc:"How far back"`
		Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20"`
	}
	samplesOutput struct {
		Body struct {
			Events []rulehits.Sample `json:"events"`
		}
	}
)

func (s *server) ruleHits(api huma.API) {
	huma.Register(api, needs(huma.Operation{
		OperationID: "list-rule-hits", Method: http.MethodGet, Path: "/api/v1/rule-hits", Tags: []string{"rules"},
		Summary:     "Whom each rule hit, in distinct accounts, with its false-positive rate",
		Description: "A rate whose `enough` is false must be shown as \"not enough data\".",
	}, console.ReadQuality), func(ctx context.Context, in *ruleHitsInput) (*ruleHitsOutput, error) {
		out := &ruleHitsOutput{}
		out.Body.To = s.o.Now()
		out.Body.From = out.Body.To.Add(-time.Duration(in.Hours) * time.Hour)
		var err error
		if out.Body.Rules, err = s.RuleHits.Rules(ctx, s.o.Site, out.Body.From, out.Body.To); err != nil {
			return nil, s.internal(ctx, "reading whom rules hit", err)
		}
		return out, nil
	})
	huma.Register(api, needs(huma.Operation{
		OperationID: "sample-events", Method: http.MethodGet, Path: "/api/v1/event-samples", Tags: []string{"rules"},
		Summary: "The latest events of a kind, to try a rule on",
	}, console.ReadReview), func(ctx context.Context, in *samplesInput) (*samplesOutput, error) {
		now := s.o.Now()
		events, err := s.RuleHits.Samples(ctx, s.o.Site, rulehits.Asked{
			Action: ingest.Action(in.Action), Rule: in.Rule, Kind: ingest.Kind(in.Kind),
			From: now.Add(-time.Duration(in.Hours) * time.Hour), To: now, Limit: in.Limit,
		})
		switch {
		case errors.Is(err, rulehits.ErrInvalid):
			return nil, huma.Error422UnprocessableEntity(err.Error())
		case err != nil:
			return nil, s.internal(ctx, "finding events", err)
		}
		out := &samplesOutput{}
		out.Body.Events = events
		return out, nil
	})
}
