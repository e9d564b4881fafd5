package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"fairgate/console"
	"fairgate/enforcement"
	"fairgate/enforcement/cases"
	"fairgate/rules"
)

// Review is the review queue; *cases.Service is one.
type Review interface {
	Flagged(ctx context.Context, site, cursor string, limit int) ([]cases.Standing, string, error)
	Blocked(ctx context.Context, site, cursor string, limit int) ([]cases.Standing, string, error)
	StandingOf(ctx context.Context, site string, target enforcement.Target) (cases.Standing, error)
	Confirm(ctx context.Context, id, actor, reason string) (cases.Case, error)
	ClearTarget(ctx context.Context, site string, target enforcement.Target, source enforcement.LabelSource, actor, reason string) (cases.ClearResult, error)
}

type standingsInput struct {
	Page
	Standing string `query:"standing" enum:"blocked,flagged" default:"blocked" doc:"blocked: on the deny list; flagged: with an undecided case"`
}

type standingsOutput struct {
	Body struct {
		Accounts []cases.Standing `json:"accounts"`
		Next     string           `json:"next,omitempty"`
	}
}

type accountInput struct {
	ID string `path:"id" maxLength:"200"`
}

type standingOutput struct{ Body cases.Standing }

type decisionInput struct {
	ID   string `path:"id" maxLength:"200"`
	Body struct {
		Reason string `json:"reason" minLength:"3" maxLength:"500" doc:"Why; it becomes part of the label and of the audit log"`
	}
}

type clearOutput struct{ Body cases.ClearResult }

func (s *server) review(api huma.API) {
	huma.Register(api, needs(huma.Operation{
		OperationID: "list-accounts", Method: http.MethodGet, Path: "/api/v1/accounts", Summary: "Blocked or flagged accounts, the newest first", Tags: []string{"review"},
		Description: "Cases and blocks, with the evidence, are there once the caller has given an opinion, or the case is decided; until then `blind` is true.",
	}, console.ReadReview), s.standings)
	huma.Register(api, needs(huma.Operation{
		OperationID: "get-account", Method: http.MethodGet, Path: "/api/v1/accounts/{id}", Summary: "How one account stands", Tags: []string{"review"},
		Description: "Case and blocks are there once the caller has given an opinion, or the case is decided; until then `blind` is true, whether the account was flagged or drawn.",
	}, console.ReadReview), func(ctx context.Context, in *accountInput) (*standingOutput, error) {
		standing, err := s.Review.StandingOf(ctx, s.o.Site, account(in.ID))
		if err == nil {
			standing, err = s.folded(ctx, standing)
		}
		if err != nil {
			return nil, s.reviewError(ctx, "reading the account", err)
		}
		return &standingOutput{standing}, nil
	})
	huma.Register(api, needs(huma.Operation{
		OperationID: "unblock-account", Method: http.MethodPost, Path: "/api/v1/accounts/{id}/unblock", Summary: "Say that the account is a person",
		Description: "Lifts its blocks, gives back what can be given back, keeps earlier events from acting on it again, and labels it human.", Tags: []string{"review"},
	}, console.Decide), s.unblock)
	huma.Register(api, needs(huma.Operation{
		OperationID: "confirm-account", Method: http.MethodPost, Path: "/api/v1/accounts/{id}/confirm", Summary: "Say that the account is a scalper",
		Description: "Leaves its blocks as they are and labels it scalper.", Tags: []string{"review"},
	}, console.Decide), s.confirm)
}

func account(id string) enforcement.Target {
	return enforcement.Target{Entity: rules.EntityAccount, Key: id}
}

func (s *server) standings(ctx context.Context, in *standingsInput) (*standingsOutput, error) {
	read := s.Review.Blocked
	if in.Standing == "flagged" {
		read = s.Review.Flagged
	}
	standings, next, err := read(ctx, s.o.Site, in.Cursor, in.Limit)
	if err != nil {
		return nil, s.reviewError(ctx, "reading the accounts", err)
	}
	for i := range standings {
		if standings[i], err = s.folded(ctx, standings[i]); err != nil {
			return nil, s.reviewError(ctx, "reading the accounts", err)
		}
	}
	out := &standingsOutput{}
	out.Body.Accounts, out.Body.Next = append([]cases.Standing{}, standings...), next
	return out, nil
}

func (s *server) unblock(ctx context.Context, in *decisionInput) (*clearOutput, error) {
	before, err := s.Review.StandingOf(ctx, s.o.Site, account(in.ID))
	if err != nil {
		return nil, s.reviewError(ctx, "reading the account", err)
	}
	if len(before.Blocks) == 0 && before.Case == nil {
		return nil, huma.Error404NotFound("the account is neither blocked nor flagged")
	}
	result, err := s.Review.ClearTarget(ctx, s.o.Site, account(in.ID), enforcement.SourceReview, callerOf(ctx).Name, in.Body.Reason)
	if err != nil {
		return nil, s.reviewError(ctx, "unblocking the account", err)
	}
	return &clearOutput{result}, s.record(ctx, "account.unblock", account(in.ID).String(), in.Body.Reason, before, result)
}

// confirm decides the account's case; an account that was blocked by hand and
// has none gets its label directly.
func (s *server) confirm(ctx context.Context, in *decisionInput) (*standingOutput, error) {
	target := account(in.ID)
	before, err := s.Review.StandingOf(ctx, s.o.Site, target)
	if err != nil {
		return nil, s.reviewError(ctx, "reading the account", err)
	}
	switch {
	case before.Case != nil:
		_, err = s.Review.Confirm(ctx, before.Case.ID, callerOf(ctx).Name, in.Body.Reason)
	case len(before.Blocks) > 0:
		var id uuid.UUID
		if id, err = uuid.NewV7(); err == nil {
			err = s.Labels.Add(ctx, []enforcement.Label{{
				ID: id.String(), Time: s.o.Now().UTC(), Site: s.o.Site, Account: in.ID, Value: enforcement.LabelScalper,
				Source: enforcement.SourceReview, Actor: callerOf(ctx).Name, Reason: in.Body.Reason,
			}})
		}
	default:
		return nil, huma.Error404NotFound("the account is neither blocked nor flagged")
	}
	if err != nil {
		return nil, s.reviewError(ctx, "confirming the account", err)
	}
	after, err := s.Review.StandingOf(ctx, s.o.Site, target)
	if err != nil {
		return nil, s.reviewError(ctx, "reading the account", err)
	}
	return &standingOutput{after}, s.record(ctx, "account.confirm", target.String(), in.Body.Reason, before, after)
}

func (s *server) reviewError(ctx context.Context, what string, err error) error {
	switch {
	case errors.Is(err, cases.ErrNotFound):
		return huma.Error404NotFound(err.Error())
	case errors.Is(err, cases.ErrDecided):
		return huma.Error409Conflict(err.Error())
	case errors.Is(err, cases.ErrBadInput):
		return huma.Error422UnprocessableEntity(err.Error())
	default:
		return s.internal(ctx, what, err)
	}
}
