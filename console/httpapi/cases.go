package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/console"
	"fairgate/enforcement"
	"fairgate/enforcement/cases"
	"fairgate/rules"
)

// Cases is the review queue with its decisions; *cases.Service is one.
type Cases interface {
	Queue(ctx context.Context, f cases.TaskFilter, reviewer, cursor string, limit int) ([]cases.Task, string, error)
	View(ctx context.Context, site, id, reviewer string) (cases.View, error)
	Claim(ctx context.Context, site, id, reviewer string) (c cases.Claim, mine bool, err error)
	Judge(ctx context.Context, id, reviewer string, value enforcement.LabelValue, note string) error
	Decide(ctx context.Context, id string, d cases.Decision) (cases.Decided, error)
	Sample(ctx context.Context, site string) (cases.SampleStanding, error)
}

// BulkCases decides many cases at once; *cases.Service is one.
type BulkCases interface {
	Preview(ctx context.Context, site string, ids []string, verb cases.Verb, exceptDays int, actor string) (cases.Preview, error)
	DecideAll(ctx context.Context, token string, count int, actor, reason string) (cases.BulkResult, error)
	Blind(ctx context.Context, site, account, reviewer string) (bool, error)
	TakeBack(ctx context.Context, site, id, actor string) (cases.Case, error)
}

type queueInput struct {
	Page
	Entity string `query:"entity" enum:"account,device,session,cluster" doc:"Only tasks about this kind of subject"`
	Key    string `query:"key" maxLength:"256" doc:"Only tasks about this subject"`
}

type queueOutput struct {
	Body struct {
		Cases []cases.Task `json:"cases"`
		Next  string       `json:"next,omitempty"`
	}
}

type taskInput struct {
	ID string `path:"id" maxLength:"64"`
}

type viewOutput struct{ Body cases.View }

type opinionInput struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Value enforcement.LabelValue `json:"value" enum:"human,scalper,unknown"`
		Note  string                 `json:"note,omitempty" maxLength:"500" doc:"What it rests on; it becomes part of the label"`
	}
}

type decideInput struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Decision   cases.Verb `json:"decision" enum:"confirm,clear,watch" doc:"confirm: a scalper; clear: a person; watch: leave it to grow"`
		Version    int64      `json:"version" minimum:"0" doc:"The case's version that was seen; another one is a conflict"`
		Reason     string     `json:"reason" minLength:"3" maxLength:"500"`
		ExceptDays int        `json:"except_days,omitempty" minimum:"0" maximum:"184" doc:"When clearing: for how many days the rules of the case no longer match this subject"`
	}
}

type decidedOutput struct{ Body cases.Decided }

type previewInput struct {
	Body struct {
		Cases      []string   `json:"cases" minItems:"1" maxItems:"500"`
		Decision   cases.Verb `json:"decision" enum:"confirm,clear,watch"`
		ExceptDays int        `json:"except_days,omitempty" minimum:"0" maximum:"184"`
	}
}

type previewOutput struct{ Body cases.Preview }

type bulkInput struct {
	Body struct {
		Token  string `json:"token" minLength:"1" maxLength:"64" doc:"From the preview; it works once, within ten minutes"`
		Count  int    `json:"count" minimum:"1" maximum:"500" doc:"The preview's count, typed"`
		Reason string `json:"reason" minLength:"3" maxLength:"500"`
	}
}

type bulkOutput struct{ Body cases.BulkResult }

type sampleOutput struct{ Body cases.SampleStanding }

func (s *server) cases(api huma.API) {
	huma.Register(api, needs(huma.Operation{
		OperationID: "list-cases", Method: http.MethodGet, Path: "/api/v1/cases", Summary: "What waits for review, the oldest first", Tags: []string{"cases"},
		Description: "Flagged and blocked subjects, clusters, and accounts drawn for the audit sample, which look the same: the answer tells neither verdict nor score nor rule.",
	}, console.ReadReview), s.queue)
	huma.Register(api, needs(huma.Operation{
		OperationID: "get-case", Method: http.MethodGet, Path: "/api/v1/cases/{id}", Summary: "One case", Tags: []string{"cases"},
		Description: "Evidence, linked accounts, orders, opinions and notes are there once the caller has given an opinion, or the case is decided. Each piece of evidence is explained at `/api/v1/events/{event_id}/explanation`.",
	}, console.ReadReview), func(ctx context.Context, in *taskInput) (*viewOutput, error) { return s.view(ctx, in.ID) })
	huma.Register(api, needs(huma.Operation{
		OperationID: "judge-case", Method: http.MethodPost, Path: "/api/v1/cases/{id}/opinion", Summary: "Give a first opinion, blind", Tags: []string{"cases"},
		Description: "Once per reviewer; it answers with the case unfolded. Of a drawn account it becomes the label; where two people judge and differ, the label is unknown.",
	}, console.Decide), s.judge)
	s.claims(api)
	s.takeBacks(api)
	huma.Register(api, needs(huma.Operation{
		OperationID: "decide-case", Method: http.MethodPost, Path: "/api/v1/cases/{id}/decision", Summary: "Decide a case", Tags: []string{"cases"},
		Description: "Of two who decide at once the second gets 409 with who decided what; the second's reason is kept as a note and nothing is done twice. Clearing lifts blocks, gives back what can be given back and labels human; confirming labels scalper and has the account's cluster looked at.",
	}, console.Decide), s.decide)
	huma.Register(api, needs(huma.Operation{
		OperationID: "preview-cases", Method: http.MethodPost, Path: "/api/v1/cases/preview", Summary: "Show whom a bulk decision would touch", Tags: []string{"cases"},
		Description: "Touches nobody. The token carries out exactly what was shown.",
	}, console.Decide), s.previewCases)
	huma.Register(api, sensitive(needs(huma.Operation{
		OperationID: "decide-cases", Method: http.MethodPost, Path: "/api/v1/cases/bulk", Summary: "Carry out a previewed bulk decision", Tags: []string{"cases"},
		Description: "Cases that somebody decided since the preview are left alone and listed as conflicts.",
	}, console.Decide)), s.decideCases)
	huma.Register(api, needs(huma.Operation{
		OperationID: "read-audit-sample", Method: http.MethodGet, Path: "/api/v1/audit-sample", Summary: "How the audit sample stands", Tags: []string{"quality"},
		Description: "Accounts drawn and judged by stratum, and how far two reviewers of the same account agree: percent and Cohen's kappa.",
	}, console.ReadQuality), func(ctx context.Context, _ *struct{}) (*sampleOutput, error) {
		standing, err := s.Cases.Sample(ctx, s.o.Site)
		if err != nil {
			return nil, s.reviewError(ctx, "reading the audit sample", err)
		}
		return &sampleOutput{standing}, nil
	})
}

func (s *server) queue(ctx context.Context, in *queueInput) (*queueOutput, error) {
	f := cases.TaskFilter{Site: s.o.Site, Entity: in.Entity, Key: in.Key}
	tasks, next, err := s.Cases.Queue(ctx, f, callerOf(ctx).Name, in.Cursor, in.Limit)
	if err != nil {
		return nil, s.reviewError(ctx, "reading the queue", err)
	}
	out := &queueOutput{}
	out.Body.Cases, out.Body.Next = append([]cases.Task{}, tasks...), next
	return out, nil
}

func (s *server) view(ctx context.Context, id string) (*viewOutput, error) {
	v, err := s.Cases.View(ctx, s.o.Site, id, callerOf(ctx).Name)
	if err != nil {
		return nil, s.reviewError(ctx, "reading the case", err)
	}
	return &viewOutput{v}, nil
}

func (s *server) judge(ctx context.Context, in *opinionInput) (*viewOutput, error) {
	if _, err := s.view(ctx, in.ID); err != nil { // of this site
		return nil, err
	}
	if err := s.Cases.Judge(ctx, in.ID, callerOf(ctx).Name, in.Body.Value, in.Body.Note); err != nil {
		return nil, s.reviewError(ctx, "saving the opinion", err)
	}
	out, err := s.view(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return out, s.record(ctx, "case.opinion", "case:"+in.ID, in.Body.Note, nil, map[string]any{"value": in.Body.Value})
}

func (s *server) decide(ctx context.Context, in *decideInput) (*decidedOutput, error) {
	before, err := s.view(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out, err := s.Cases.Decide(ctx, in.ID, cases.Decision{
		Verb: in.Body.Decision, Version: in.Body.Version, Reason: in.Body.Reason, Actor: callerOf(ctx).Name, ExceptDays: in.Body.ExceptDays,
	})
	if err != nil {
		return nil, s.reviewError(ctx, "deciding the case", err)
	}
	return &decidedOutput{out}, s.record(ctx, "case."+string(in.Body.Decision), "case:"+in.ID, in.Body.Reason, before.Body.Case, out)
}

func (s *server) previewCases(ctx context.Context, in *previewInput) (*previewOutput, error) {
	p, err := s.BulkCases.Preview(ctx, s.o.Site, in.Body.Cases, in.Body.Decision, in.Body.ExceptDays, callerOf(ctx).Name)
	if err != nil {
		return nil, s.reviewError(ctx, "previewing the decision", err)
	}
	return &previewOutput{p}, nil
}

func (s *server) decideCases(ctx context.Context, in *bulkInput) (*bulkOutput, error) {
	result, err := s.BulkCases.DecideAll(ctx, in.Body.Token, in.Body.Count, callerOf(ctx).Name, in.Body.Reason)
	if err != nil && len(result.Done) == 0 {
		if errors.Is(err, cases.ErrPreview) {
			return nil, huma.Error409Conflict(err.Error())
		}
		return nil, s.reviewError(ctx, "deciding the cases", err)
	}
	if err != nil {
		// What was done stands, and is audited; the rest needs another preview.
		s.o.Log.ErrorContext(ctx, "a bulk decision ended half way", "error", err, "done", len(result.Done))
	}
	return &bulkOutput{result}, s.record(ctx, "case.bulk", s.o.Site, in.Body.Reason, nil, result)
}

// folded hides what is held against an account that the caller has still to
// judge, whether it was flagged or drawn.
func (s *server) folded(ctx context.Context, standing cases.Standing) (cases.Standing, error) {
	if standing.Target.Entity != rules.EntityAccount {
		return standing, nil
	}
	blind, err := s.BulkCases.Blind(ctx, s.o.Site, standing.Target.Key, callerOf(ctx).Name)
	if err != nil || !blind {
		return standing, err
	}
	return cases.Standing{Site: standing.Site, Target: standing.Target, Blind: true}, nil
}
