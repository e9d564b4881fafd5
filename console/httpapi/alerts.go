package httpapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/console"
	"fairgate/enforcement/alert"
)

// Alerts are what was found to go wrong; *alert.Service is one.
type Alerts interface {
	List(ctx context.Context, f alert.Filter) ([]alert.Alert, error)
	Get(ctx context.Context, id string) (alert.Alert, error)
	Acknowledge(ctx context.Context, id, by string) (alert.Alert, error)
	Close(ctx context.Context, id, by, note string) (alert.Alert, error)
	Months(ctx context.Context, n int) ([]alert.Month, error)
	Preview(ctx context.Context, x alert.Silence) ([]alert.Alert, error)
	Silence(ctx context.Context, x alert.Silence) (alert.Silence, []alert.Alert, error)
	EndSilence(ctx context.Context, id, by string) error
	Silences(ctx context.Context, ended bool) ([]alert.Silence, error)
}

type alertsInput struct {
	State   alert.State   `query:"state" enum:"firing,acknowledged,closed"`
	Open    bool          `query:"open" doc:"Only those that are not closed"`
	Pattern alert.Pattern `query:"pattern" maxLength:"40"`
	Cursor  string        `query:"cursor" maxLength:"64"`
	Limit   int           `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type alertsOutput struct {
	Body struct {
		Alerts []alert.Alert `json:"alerts"`
		Next   string        `json:"next,omitempty"`
	}
}

// AlertID names an alert or silence.
type AlertID struct {
	ID string `path:"id" maxLength:"64"`
}

type alertOutput struct{ Body alert.Alert }

type closeAlertInput struct {
	AlertID
	Body struct {
		Note string `json:"note" minLength:"3" maxLength:"500" doc:"What it was"`
	}
}

type monthsInput struct {
	Months int `query:"months" minimum:"1" maximum:"36" default:"12"`
}

type monthRow struct {
	alert.Month
	Median  float64 `json:"median_seconds" doc:"From the first finding until somebody took it"`
	Slowest float64 `json:"slowest_seconds"`
}

type monthsOutput struct {
	Body struct {
		Months []monthRow `json:"months"`
	}
}

type silenceBody struct {
	Pattern alert.Pattern `json:"pattern,omitempty" maxLength:"40"`
	Group   string        `json:"group,omitempty" maxLength:"200"`
	Pool    string        `json:"pool,omitempty" maxLength:"200"`
	Until   time.Time     `json:"until" doc:"Within 24 hours"`
	Reason  string        `json:"reason,omitempty" maxLength:"500" doc:"Why; not needed for a preview"`
}

type silenceInput struct {
	Preview bool `query:"preview" doc:"Only count what it would cover"`
	Body    silenceBody
}

type silenceOutput struct {
	Body struct {
		Silence *alert.Silence `json:"silence,omitempty"`
		Covers  []alert.Alert  `json:"covers" doc:"Open alerts that are covered now"`
	}
}

type silencesInput struct {
	All bool `query:"all" doc:"Also those that have ended"`
}

type silencesOutput struct {
	Body struct {
		Silences []alert.Silence `json:"silences"`
	}
}

func (s *server) alerts(api huma.API) {
	op := func(id, method, path, summary string, p console.Permission) huma.Operation {
		return needs(huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"alerts"}}, p)
	}
	huma.Register(api, op("list-alerts", http.MethodGet, "/api/v1/alerts", "Alerts, the newest first", console.ReadAlerts), s.listAlerts)
	huma.Register(api, op("read-alert", http.MethodGet, "/api/v1/alerts/{id}", "One alert", console.ReadAlerts), func(ctx context.Context, in *AlertID) (*alertOutput, error) {
		a, err := s.Alerts.Get(ctx, in.ID)
		return s.alert(ctx, "reading the alert", a, err)
	})
	huma.Register(api, op("acknowledge-alert", http.MethodPost, "/api/v1/alerts/{id}/acknowledge", "Take an alert", console.TakeAlerts), func(ctx context.Context, in *AlertID) (*alertOutput, error) {
		a, err := s.Alerts.Acknowledge(ctx, in.ID, callerOf(ctx).Name)
		if err == nil {
			err = s.record(ctx, "alert.acknowledge", in.ID, "", nil, nil)
		}
		return s.alert(ctx, "taking the alert", a, err)
	})
	huma.Register(api, op("close-alert", http.MethodPost, "/api/v1/alerts/{id}/close", "Close an alert by hand", console.TakeAlerts), func(ctx context.Context, in *closeAlertInput) (*alertOutput, error) {
		a, err := s.Alerts.Close(ctx, in.ID, callerOf(ctx).Name, in.Body.Note)
		if err == nil {
			err = s.record(ctx, "alert.close", in.ID, in.Body.Note, nil, nil)
		}
		return s.alert(ctx, "closing the alert", a, err)
	})
	huma.Register(api, op("alert-months", http.MethodGet, "/api/v1/alert-months", "How fast alerts were taken, by month", console.ReadAlerts), s.alertMonths)
	huma.Register(api, op("list-silences", http.MethodGet, "/api/v1/silences", "Silences, the newest first", console.ReadSilences), func(ctx context.Context, in *silencesInput) (*silencesOutput, error) {
		list, err := s.Alerts.Silences(ctx, in.All)
		if err != nil {
			return nil, s.alertError(ctx, "reading silences", err)
		}
		out := &silencesOutput{}
		out.Body.Silences = list
		return out, nil
	})
	huma.Register(api, op("silence", http.MethodPost, "/api/v1/silences", "Have nobody told of some alerts for a while", console.TakeAlerts), s.silence)
	huma.Register(api, op("end-silence", http.MethodPost, "/api/v1/silences/{id}/end", "End a silence early", console.TakeAlerts), func(ctx context.Context, in *AlertID) (*struct{}, error) {
		if err := s.Alerts.EndSilence(ctx, in.ID, callerOf(ctx).Name); err != nil {
			return nil, s.alertError(ctx, "ending the silence", err)
		}
		return nil, s.record(ctx, "silence.end", in.ID, "", nil, nil)
	})
}

func (s *server) listAlerts(ctx context.Context, in *alertsInput) (*alertsOutput, error) {
	list, err := s.Alerts.List(ctx, alert.Filter{State: in.State, Open: in.Open, Pattern: in.Pattern, Before: in.Cursor, Limit: in.Limit})
	if err != nil {
		return nil, s.alertError(ctx, "reading the alerts", err)
	}
	out := &alertsOutput{}
	out.Body.Alerts = list
	if len(list) == in.Limit {
		out.Body.Next = list[len(list)-1].ID
	}
	return out, nil
}

func (s *server) alert(ctx context.Context, what string, a alert.Alert, err error) (*alertOutput, error) {
	if err != nil {
		return nil, s.alertError(ctx, what, err)
	}
	return &alertOutput{a}, nil
}

func (s *server) alertMonths(ctx context.Context, in *monthsInput) (*monthsOutput, error) {
	months, err := s.Alerts.Months(ctx, in.Months)
	if err != nil {
		return nil, s.alertError(ctx, "reading how fast alerts were taken", err)
	}
	out := &monthsOutput{}
	out.Body.Months = make([]monthRow, 0, len(months))
	for _, m := range months {
		out.Body.Months = append(out.Body.Months, monthRow{m, m.Median.Seconds(), m.Slowest.Seconds()})
	}
	return out, nil
}

func (s *server) silence(ctx context.Context, in *silenceInput) (*silenceOutput, error) {
	x := alert.Silence{Pattern: in.Body.Pattern, Group: in.Body.Group, Pool: in.Body.Pool, Until: in.Body.Until, Reason: in.Body.Reason, By: callerOf(ctx).Name}
	out := &silenceOutput{}
	var err error
	if in.Preview {
		if out.Body.Covers, err = s.Alerts.Preview(ctx, x); err != nil {
			return nil, s.alertError(ctx, "previewing the silence", err)
		}
		return out, nil
	}
	if x, out.Body.Covers, err = s.Alerts.Silence(ctx, x); err != nil {
		return nil, s.alertError(ctx, "silencing", err)
	}
	out.Body.Silence = &x
	return out, s.record(ctx, "silence.begin", x.ID, x.Reason, nil, x)
}

func (s *server) alertError(ctx context.Context, what string, err error) error {
	if _, ok := errors.AsType[huma.StatusError](err); ok {
		return err
	}
	switch {
	case errors.Is(err, alert.ErrNotFound):
		return huma.Error404NotFound(err.Error())
	case errors.Is(err, alert.ErrConflict):
		return huma.Error409Conflict(err.Error())
	case errors.Is(err, alert.ErrBadInput):
		return huma.Error422UnprocessableEntity(err.Error())
	default:
		return s.internal(ctx, what, err)
	}
}
