package httpapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/console"
	"fairgate/enforcement"
	"fairgate/enforcement/undo"
)

// Undos take back what a rule did; *undo.Service is one.
type Undos interface {
	Preview(ctx context.Context, c enforcement.Cause, p undo.Page) (undo.Preview, error)
	Begin(ctx context.Context, c enforcement.Cause, actor, reason string) (undo.Undo, error)
	Get(ctx context.Context, site, id string) (undo.Undo, error)
	List(ctx context.Context, site string) ([]undo.Undo, error)
}

// UndoCause names what is to be undone.
type UndoCause struct {
	Rule    string    `json:"rule" minLength:"1" maxLength:"100"`
	Ruleset string    `json:"ruleset,omitempty" maxLength:"100" doc:"The version whose blocks and withdrawals are meant; without one, from and to are needed"`
	From    time.Time `json:"from,omitzero" required:"false" doc:"The first event that is meant"`
	To      time.Time `json:"to,omitzero" required:"false" doc:"The last; by default until now"`
}

// cause is what is meant; a period without an end goes on until now.
func (b UndoCause) cause(site string, now time.Time) enforcement.Cause {
	if b.Ruleset == "" && !b.From.IsZero() && b.To.IsZero() {
		b.To = now
	}
	return enforcement.Cause{Site: site, Rule: b.Rule, Ruleset: b.Ruleset, From: b.From, To: b.To}
}

type undoPreviewInput struct {
	Body struct {
		UndoCause
		Blocks string `json:"blocks_cursor,omitempty" maxLength:"200" doc:"Where the last page of blocks ended"`
		Orders string `json:"orders_cursor,omitempty" maxLength:"200" doc:"Where the last page of orders ended"`
		Limit  int    `json:"limit,omitempty" minimum:"1" maximum:"500" default:"50"`
	}
}

type undoPreviewOutput struct{ Body undo.Preview }

type undoInput struct {
	Body struct {
		UndoCause
		Reason string `json:"reason" minLength:"3" maxLength:"500"`
	}
}

type undoOutput struct{ Body undo.Undo }

type undoListOutput struct {
	Body struct {
		Undos []undo.Undo `json:"undos"`
	}
}

func (s *server) undos(api huma.API) {
	tags := []string{"rules"}
	huma.Register(api, needs(huma.Operation{
		OperationID: "preview-undo", Method: http.MethodPost, Path: "/api/v1/undo/preview", Tags: tags,
		Summary: "Every block and withdrawal that a rule caused, and what an undo would leave; changes nothing",
	}, console.ReadReview), s.previewUndo)
	huma.Register(api, sensitive(needs(huma.Operation{
		OperationID: "undo", Method: http.MethodPost, Path: "/api/v1/undo", Tags: tags, DefaultStatus: http.StatusAccepted,
		Summary: "Take back every block and withdrawal that a rule caused, in the background",
	}, console.UndoRules)), s.beginUndo)
	huma.Register(api, needs(huma.Operation{
		OperationID: "list-undos", Method: http.MethodGet, Path: "/api/v1/undo", Tags: tags, Summary: "The undos, the newest first",
	}, console.ReadReview), s.listUndos)
	huma.Register(api, needs(huma.Operation{
		OperationID: "read-undo", Method: http.MethodGet, Path: "/api/v1/undo/{id}", Tags: tags, Summary: "One undo and what it has done so far",
	}, console.ReadReview), s.readUndo)
}

func (s *server) previewUndo(ctx context.Context, in *undoPreviewInput) (*undoPreviewOutput, error) {
	page := undo.Page{Blocks: in.Body.Blocks, Orders: in.Body.Orders, Limit: in.Body.Limit}
	p, err := s.Undos.Preview(ctx, in.Body.cause(s.o.Site, s.o.Now()), page)
	if err != nil {
		return nil, s.undoError(ctx, "previewing the undo", err)
	}
	return &undoPreviewOutput{p}, nil
}

func (s *server) beginUndo(ctx context.Context, in *undoInput) (*undoOutput, error) {
	u, err := s.Undos.Begin(ctx, in.Body.cause(s.o.Site, s.o.Now()), callerOf(ctx).Name, in.Body.Reason)
	if err != nil {
		return nil, s.undoError(ctx, "beginning the undo", err)
	}
	return &undoOutput{u}, s.record(ctx, "rule.undo", in.Body.Rule, in.Body.Reason, nil, u)
}

func (s *server) listUndos(ctx context.Context, _ *struct{}) (*undoListOutput, error) {
	list, err := s.Undos.List(ctx, s.o.Site)
	if err != nil {
		return nil, s.internal(ctx, "listing the undos", err)
	}
	out := &undoListOutput{}
	out.Body.Undos = append([]undo.Undo{}, list...)
	return out, nil
}

func (s *server) readUndo(ctx context.Context, in *struct {
	ID string `path:"id" maxLength:"64"`
},
) (*undoOutput, error) {
	u, err := s.Undos.Get(ctx, s.o.Site, in.ID)
	if err != nil {
		return nil, s.undoError(ctx, "reading the undo", err)
	}
	return &undoOutput{u}, nil
}

func (s *server) undoError(ctx context.Context, what string, err error) error {
	switch {
	case errors.Is(err, undo.ErrNotFound):
		return huma.Error404NotFound(err.Error())
	case errors.Is(err, undo.ErrUnderWay):
		return huma.Error409Conflict(err.Error())
	case errors.Is(err, undo.ErrBadInput), errors.Is(err, enforcement.ErrBadCause):
		return huma.Error422UnprocessableEntity(err.Error())
	default:
		return s.internal(ctx, what, err)
	}
}
