package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/console"
	"fairgate/enforcement"
	"fairgate/enforcement/appeals"
	"fairgate/enforcement/cases"
)

// Appeals are what refused visitors said; *appeals.Service is one.
type Appeals interface {
	List(ctx context.Context, f appeals.Filter, cursor string, limit int) ([]appeals.Appeal, string, error)
	Get(ctx context.Context, site, id string) (appeals.Appeal, error)
	Decide(ctx context.Context, site, id string, d appeals.Decision) (appeals.Appeal, error)
	DecideBunch(ctx context.Context, site, bunch, through string, count int, d appeals.Decision) (int, error)
}

type appealsInput struct {
	Page
	State   string `query:"state" enum:"received,granted,declined" default:"received"`
	Bunch   string `query:"bunch" maxLength:"300" doc:"The appeals of one cluster or network, each by itself"`
	Receipt string `query:"receipt" maxLength:"64"`
}

type appealsOutput struct {
	Body struct {
		Appeals []appeals.Appeal `json:"appeals"`
		Next    string           `json:"next,omitempty"`
	}
}

type appealOutput struct {
	Body struct {
		Appeal appeals.Appeal `json:"appeal"`
		// Standing is what is held against the subject: appeals are not blind.
		Standing cases.Standing `json:"standing"`
	}
}

// AppealDecision is what a person answers.
type AppealDecision struct {
	Decision string `json:"decision" enum:"grant,decline" doc:"grant: lift the restriction and give back what can be given back; decline: it stays"`
	Reason   string `json:"reason" minLength:"3" maxLength:"500" doc:"For operators; the visitor is told the state in fixed words"`
	Finding  string `json:"finding,omitempty" enum:"scalper,unknown" doc:"When declining: what the account is held to be; scalper unless said otherwise"`
}

type appealDecideInput struct {
	ID   string `path:"id" maxLength:"64"`
	Body AppealDecision
}

type bunchDecideInput struct {
	Body struct {
		AppealDecision
		Bunch   string `json:"bunch" minLength:"1" maxLength:"300"`
		Through string `json:"through" minLength:"1" maxLength:"64" doc:"The id of the last appeal that was seen; later ones are not touched"`
		Count   int    `json:"count" minimum:"1" maximum:"500" doc:"How many that are; another number is a conflict and nothing is done"`
	}
}

type bunchDecideOutput struct {
	Body struct {
		Decided int `json:"decided"`
	}
}

func (s *server) appeals(api huma.API) {
	huma.Register(api, needs(huma.Operation{
		OperationID: "list-appeals", Method: http.MethodGet, Path: "/api/v1/appeals", Summary: "Appeals, the first due first", Tags: []string{"appeals"},
		Description: "Many open appeals of one cluster or network are one entry, with their number in `bunched`; `bunch` lists them.",
	}, console.ReadAppeals), s.listAppeals)
	huma.Register(api, needs(huma.Operation{
		OperationID: "get-appeal", Method: http.MethodGet, Path: "/api/v1/appeals/{id}", Summary: "One appeal, with what is held against its subject", Tags: []string{"appeals"},
	}, console.ReadAppeals), func(ctx context.Context, in *taskInput) (*appealOutput, error) {
		a, err := s.Appeals.Get(ctx, s.o.Site, in.ID)
		if err != nil {
			return nil, s.appealError(ctx, "reading the appeal", err)
		}
		out := &appealOutput{}
		out.Body.Appeal = a
		if out.Body.Standing, err = s.Review.StandingOf(ctx, s.o.Site, a.Target); err != nil {
			return nil, s.reviewError(ctx, "reading the account", err)
		}
		return out, nil
	})
	huma.Register(api, needs(huma.Operation{
		OperationID: "decide-appeal", Method: http.MethodPost, Path: "/api/v1/appeals/{id}/decision", Summary: "Answer an appeal", Tags: []string{"appeals"},
		Description: "Whoever decided the subject's case cannot answer (409). Granting clears the subject, reinstates withdrawn orders whose place is still there, and tells the holder.",
	}, console.Decide), s.decideAppeal)
	huma.Register(api, sensitive(needs(huma.Operation{
		OperationID: "decide-appeals", Method: http.MethodPost, Path: "/api/v1/appeals/bulk", Summary: "Answer the appeals of one bunch together", Tags: []string{"appeals"},
	}, console.Decide)), s.decideBunch)
}

func (s *server) listAppeals(ctx context.Context, in *appealsInput) (*appealsOutput, error) {
	f := appeals.Filter{Site: s.o.Site, State: appeals.State(in.State), Bunch: in.Bunch, Receipt: in.Receipt}
	if in.Receipt != "" {
		f.State = ""
	}
	list, next, err := s.Appeals.List(ctx, f, in.Cursor, in.Limit)
	if err != nil {
		return nil, s.appealError(ctx, "reading the appeals", err)
	}
	out := &appealsOutput{}
	out.Body.Appeals, out.Body.Next = append([]appeals.Appeal{}, list...), next
	return out, nil
}

func (s *server) decideAppeal(ctx context.Context, in *appealDecideInput) (*appealOutput, error) {
	before, err := s.Appeals.Get(ctx, s.o.Site, in.ID)
	if err != nil {
		return nil, s.appealError(ctx, "reading the appeal", err)
	}
	after, err := s.Appeals.Decide(ctx, s.o.Site, in.ID, s.appealDecision(ctx, in.Body))
	if err != nil {
		return nil, s.appealError(ctx, "answering the appeal", err)
	}
	out := &appealOutput{}
	out.Body.Appeal = after
	if out.Body.Standing, err = s.Review.StandingOf(ctx, s.o.Site, after.Target); err != nil {
		return nil, s.reviewError(ctx, "reading the account", err)
	}
	return out, s.record(ctx, "appeal."+in.Body.Decision, "appeal:"+in.ID, in.Body.Reason, before, after)
}

func (s *server) appealDecision(ctx context.Context, d AppealDecision) appeals.Decision {
	return appeals.Decision{
		Grant: d.Decision == "grant", Reason: d.Reason, Actor: callerOf(ctx).Name, Finding: enforcement.LabelValue(d.Finding),
	}
}

func (s *server) decideBunch(ctx context.Context, in *bunchDecideInput) (*bunchDecideOutput, error) {
	n, err := s.Appeals.DecideBunch(ctx, s.o.Site, in.Body.Bunch, in.Body.Through, in.Body.Count, s.appealDecision(ctx, in.Body.AppealDecision))
	if err != nil && n == 0 {
		return nil, s.appealError(ctx, "answering the appeals", err)
	}
	if err != nil {
		s.o.Log.ErrorContext(ctx, "answering a bunch of appeals ended half way", "error", err, "decided", n)
	}
	out := &bunchDecideOutput{}
	out.Body.Decided = n
	return out, s.record(ctx, "appeal.bulk", in.Body.Bunch, in.Body.Reason, nil, in.Body)
}

func (s *server) appealError(ctx context.Context, what string, err error) error {
	switch {
	case errors.Is(err, appeals.ErrNotFound):
		return huma.Error404NotFound(err.Error())
	case errors.Is(err, appeals.ErrDecided), errors.Is(err, appeals.ErrSameReviewer):
		return huma.Error409Conflict(err.Error())
	case errors.Is(err, appeals.ErrBadInput):
		return huma.Error422UnprocessableEntity(err.Error())
	default:
		return s.internal(ctx, what, err)
	}
}
