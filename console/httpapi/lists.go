package httpapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/console"
	"fairgate/enforcement"
	"fairgate/enforcement/lists"
	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/rules/life"
)

// Lists are the deny list and the exceptions; *lists.Service is one.
type Lists interface {
	List(ctx context.Context, f lists.Filter, cursor string, limit int) ([]lists.Entry, string, error)
	Get(ctx context.Context, id string) (lists.Entry, error)
	Deny(ctx context.Context, denials []enforcement.Denial) ([]enforcement.Denied, error)
	Except(ctx context.Context, x lists.Exception) (lists.Entry, error)
	Lift(ctx context.Context, id, actor, reason string) (lists.Entry, error)
}

// Page is where in a list to read.
type Page struct {
	Cursor string `query:"cursor" maxLength:"200" doc:"Where the last page ended"`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
}

type listInput struct {
	Page
	Entity string `query:"entity" enum:"account,device,session,ip,document,phone" doc:"Only entries about this kind of target"`
	Key    string `query:"key" maxLength:"200"`
	Rule   string `query:"rule" maxLength:"100"`
	All    bool   `query:"all" doc:"Also entries that have ended or were lifted"`
}

type listOutput struct {
	Body struct {
		Entries []lists.Entry `json:"entries"`
		Next    string        `json:"next,omitempty"`
	}
}

type entryOutput struct{ Body lists.Entry }

type denyInput struct {
	Body struct {
		Entity  string    `json:"entity" enum:"account,device,session,document,phone"`
		Key     string    `json:"key" minLength:"1" maxLength:"200"`
		Reason  string    `json:"reason" minLength:"3" maxLength:"500" doc:"Why; operators read it, visitors never"`
		Expires time.Time `json:"expires_at" doc:"Every entry ends"`
	}
}

type exceptInput struct {
	Body struct {
		Entity  string    `json:"entity" enum:"account,device,session,ip,document,phone"`
		Key     string    `json:"key" minLength:"1" maxLength:"200"`
		Rule    string    `json:"rule" minLength:"1" maxLength:"100" doc:"The one rule or score band that no longer matches this subject"`
		Reason  string    `json:"reason" minLength:"3" maxLength:"500"`
		Expires time.Time `json:"expires_at" doc:"Every exception ends, within 184 days"`
	}
}

type liftInput struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Reason string `json:"reason" minLength:"3" maxLength:"500"`
	}
}

func (s *server) lists(api huma.API) {
	for _, kind := range []enforcement.EntryKind{enforcement.EntryDeny, enforcement.EntryException} {
		path := map[enforcement.EntryKind]string{enforcement.EntryDeny: "/api/v1/lists/deny", enforcement.EntryException: "/api/v1/lists/exceptions"}[kind]
		huma.Register(api, needs(huma.Operation{
			OperationID: "list-" + string(kind), Method: http.MethodGet, Path: path, Summary: "Entries of the list, the newest first", Tags: []string{"lists"},
		}, console.ReadReview), func(ctx context.Context, in *listInput) (*listOutput, error) { return s.list(ctx, kind, in) })
		huma.Register(api, needs(huma.Operation{
			OperationID: "lift-" + string(kind), Method: http.MethodPost, Path: path + "/{id}/lift", Summary: "End an entry now", Tags: []string{"lists"},
		}, console.EditLists), s.lift)
	}
	huma.Register(api, needs(huma.Operation{
		OperationID: "deny", Method: http.MethodPost, Path: "/api/v1/lists/deny", Summary: "Deny a target by hand",
		DefaultStatus: http.StatusCreated, Tags: []string{"lists"},
	}, console.EditLists), s.deny)
	huma.Register(api, needs(huma.Operation{
		OperationID: "except", Method: http.MethodPost, Path: "/api/v1/lists/exceptions", Summary: "Except a subject from one rule",
		DefaultStatus: http.StatusCreated, Tags: []string{"lists"},
	}, console.EditLists), s.except)
}

func (s *server) list(ctx context.Context, kind enforcement.EntryKind, in *listInput) (*listOutput, error) {
	f := lists.Filter{Kind: kind, Entity: rules.Entity(in.Entity), Key: in.Key, Rule: in.Rule}
	if !in.All {
		f.ActiveAt = s.o.Now()
	}
	entries, next, err := s.Lists.List(ctx, f, in.Cursor, in.Limit)
	if errors.Is(err, lists.ErrBadInput) {
		return nil, huma.Error422UnprocessableEntity(err.Error())
	}
	if err != nil {
		return nil, s.internal(ctx, "reading the list", err)
	}
	out := &listOutput{}
	out.Body.Entries, out.Body.Next = append([]lists.Entry{}, entries...), next
	return out, nil
}

func (s *server) deny(ctx context.Context, in *denyInput) (*entryOutput, error) {
	now := s.o.Now()
	if !in.Body.Expires.After(now) {
		return nil, huma.Error422UnprocessableEntity("expires_at lies in the past")
	}
	done, err := s.Lists.Deny(ctx, []enforcement.Denial{{
		Site: s.o.Site, Target: enforcement.Target{Entity: rules.Entity(in.Body.Entity), Key: in.Body.Key},
		Source: enforcement.EntryByHand, Class: ingest.ReasonReview, Reason: in.Body.Reason,
		Actor: callerOf(ctx).Name, At: now, TTL: in.Body.Expires.Sub(now),
	}})
	if err != nil {
		return nil, s.listError(ctx, "denying", err)
	}
	if len(done) == 0 {
		return nil, s.internal(ctx, "denying", errors.New("no entry was made"))
	}
	entry, err := s.Lists.Get(ctx, done[0].EntryID)
	if err != nil {
		return nil, s.listError(ctx, "reading the entry", err)
	}
	return &entryOutput{entry}, s.record(ctx, "list.deny", entry.Target.String(), in.Body.Reason, nil, entry)
}

func (s *server) except(ctx context.Context, in *exceptInput) (*entryOutput, error) {
	if err := s.knowsRule(ctx, in.Body.Rule); err != nil {
		return nil, err
	}
	entry, err := s.Lists.Except(ctx, lists.Exception{
		Site: s.o.Site, Target: enforcement.Target{Entity: rules.Entity(in.Body.Entity), Key: in.Body.Key},
		Rule: in.Body.Rule, Reason: in.Body.Reason, Actor: callerOf(ctx).Name, Expires: in.Body.Expires,
	})
	if err != nil {
		return nil, s.listError(ctx, "making the exception", err)
	}
	return &entryOutput{entry}, s.record(ctx, "list.except", entry.Target.String(), in.Body.Reason, nil, entry)
}

// knowsRule refuses a rule or band that is in no version of the site's ruleset:
// an exception from it would be of no use to anybody.
func (s *server) knowsRule(ctx context.Context, rule string) error {
	if s.o.Ruleset == "" || !rules.ValidName(rule) { // the lists say what an id is
		return nil
	}
	err := s.Rulesets.HasRule(ctx, s.o.Ruleset, rule)
	switch {
	case errors.Is(err, life.ErrNotFound):
		return huma.Error422UnprocessableEntity("rule: "+err.Error(),
			&huma.ErrorDetail{Location: "body.rule", Message: "is no rule or score band", Value: rule})
	case err != nil:
		return s.internal(ctx, "looking for the rule", err)
	default:
		return nil
	}
}

func (s *server) lift(ctx context.Context, in *liftInput) (*entryOutput, error) {
	before, err := s.Lists.Get(ctx, in.ID)
	if err != nil {
		return nil, s.listError(ctx, "reading the entry", err)
	}
	after, err := s.Lists.Lift(ctx, in.ID, callerOf(ctx).Name, in.Body.Reason)
	if err != nil {
		return nil, s.listError(ctx, "lifting the entry", err)
	}
	return &entryOutput{after}, s.record(ctx, "list.lift", after.Target.String(), in.Body.Reason, before, after)
}

func (s *server) listError(ctx context.Context, what string, err error) error {
	switch {
	case errors.Is(err, lists.ErrNotFound):
		return huma.Error404NotFound(err.Error())
	case errors.Is(err, lists.ErrLifted), errors.Is(err, lists.ErrTooMany):
		return huma.Error409Conflict(err.Error())
	case errors.Is(err, lists.ErrBadInput):
		return huma.Error422UnprocessableEntity(err.Error())
	default:
		return s.internal(ctx, what, err)
	}
}
