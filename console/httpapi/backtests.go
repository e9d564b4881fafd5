package httpapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/console"
	"fairgate/enforcement/backtest/jobs"
)

// Backtests is the queue of backtests; *jobs.Service is one.
type Backtests interface {
	Submit(ctx context.Context, r jobs.Request) (jobs.Job, error)
	Get(ctx context.Context, id string) (jobs.Job, error)
	List(ctx context.Context, limit int) ([]jobs.Job, error)
	Cancel(ctx context.Context, id, actor string) (jobs.Job, error)
}

type (
	backtestInput struct {
		Body struct {
			Text    string    `json:"text,omitempty" maxLength:"4194304" doc:"The new version's document (YAML); or else version"`
			Version string    `json:"version,omitempty" maxLength:"100" doc:"A stored version: its number, its hash, or what verdicts call it"`
			Against string    `json:"against,omitempty" maxLength:"100" doc:"The stored version to compare with; the one in force where it is missing"`
			Alone   bool      `json:"alone,omitempty" doc:"Compare with nothing"`
			From    time.Time `json:"from" doc:"Start of the period, inclusive"`
			To      time.Time `json:"to" doc:"End of the period, exclusive"`
		}
	}
	backtestIDInput struct {
		ID string `path:"id" maxLength:"64"`
	}
	backtestsInput struct {
		Limit int `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}
	backtestOutput  struct{ Body jobs.Job }
	backtestsOutput struct {
		Body struct {
			Backtests []jobs.Job `json:"backtests"`
		}
	}
)

const backtestsPath = "/api/v1/backtests"

// backtests registers the queue of backtests.
func (s *server) backtests(api huma.API) {
	op := func(id, method, path, summary string, p console.Permission) huma.Operation {
		return needs(huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"rules"}}, p)
	}
	submit := op("submit-backtest", http.MethodPost, backtestsPath, "Run history through a ruleset", console.RunBacktests)
	submit.DefaultStatus, submit.MaxBodyBytes = http.StatusAccepted, maxBody
	submit.Description = "Counters are rebuilt in event time; nothing live is touched. One backtest runs at a time and one more waits; a third is refused (409)." +
		"\n\n" + submit.Description
	huma.Register(api, submit, s.submitBacktest)
	huma.Register(api, op("list-backtests", http.MethodGet, backtestsPath, "The latest backtests, without their results", console.ReadBacktests),
		func(ctx context.Context, in *backtestsInput) (*backtestsOutput, error) {
			list, err := s.Backtests.List(ctx, in.Limit)
			if err != nil {
				return nil, s.internal(ctx, "reading backtests", err)
			}
			out := &backtestsOutput{}
			out.Body.Backtests = list
			return out, nil
		})
	huma.Register(api, op("get-backtest", http.MethodGet, backtestsPath+"/{id}", "How far a backtest is, and what it found", console.ReadBacktests),
		func(ctx context.Context, in *backtestIDInput) (*backtestOutput, error) {
			job, err := s.Backtests.Get(ctx, in.ID)
			return s.backtest(ctx, job, err)
		})
	huma.Register(api, op("cancel-backtest", http.MethodPost, backtestsPath+"/{id}/cancel", "Stop a backtest", console.RunBacktests),
		func(ctx context.Context, in *backtestIDInput) (*backtestOutput, error) {
			job, err := s.Backtests.Cancel(ctx, in.ID, callerOf(ctx).Name)
			out, err := s.backtest(ctx, job, err)
			if err != nil {
				return nil, err
			}
			return out, s.record(ctx, "backtest.cancel", job.ID, "", nil, nil)
		})
}

func (s *server) submitBacktest(ctx context.Context, in *backtestInput) (*backtestOutput, error) {
	b := in.Body
	job, err := s.Backtests.Submit(ctx, jobs.Request{
		Text: b.Text, Version: b.Version, Against: b.Against, Alone: b.Alone, From: b.From, To: b.To, Actor: callerOf(ctx).Name,
	})
	out, err := s.backtest(ctx, job, err)
	if err != nil {
		return nil, err
	}
	return out, s.record(ctx, "backtest.submit", job.ID, "", nil, map[string]any{
		"version": job.Version, "against": job.Against, "from": job.From, "to": job.To,
	})
}

// backtest answers with a job, or with what was wrong.
func (s *server) backtest(ctx context.Context, job jobs.Job, err error) (*backtestOutput, error) {
	switch {
	case err == nil:
		return &backtestOutput{job}, nil
	case errors.Is(err, jobs.ErrNotFound):
		return nil, huma.Error404NotFound(err.Error())
	case errors.Is(err, jobs.ErrBusy), errors.Is(err, jobs.ErrOver):
		return nil, huma.Error409Conflict(err.Error())
	case errors.Is(err, jobs.ErrBadRequest):
		return nil, huma.Error422UnprocessableEntity(err.Error())
	default:
		return nil, s.internal(ctx, "backtests", err)
	}
}
