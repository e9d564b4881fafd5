package httpapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/console"
)

// Audit is the append-only log; *store.Store is one.
type Audit interface {
	Append(ctx context.Context, e console.AuditEntry) (console.AuditEntry, error)
	Entry(ctx context.Context, seq int64) (console.AuditEntry, error)
	Entries(ctx context.Context, f console.AuditFilter, before int64, limit int) ([]console.AuditEntry, error)
	EntriesAfter(ctx context.Context, f console.AuditFilter, after int64, limit int) ([]console.AuditEntry, error)
	Verify(ctx context.Context) (console.Verification, error)
}

// AuditQuery is what to look for in the log.
type AuditQuery struct {
	From   time.Time `query:"from" doc:"Only entries of this time or later"`
	To     time.Time `query:"to" doc:"Only entries before this time"`
	Actor  string    `query:"actor" maxLength:"64" doc:"Only what this operator or API key did"`
	Action string    `query:"action" maxLength:"64" pattern:"^([a-z_]+(\\.[a-z_]+)*)?$" doc:"One action (account.unblock), or all of a kind (account)"`
	Object string    `query:"object" maxLength:"200" doc:"A part of what was acted on"`
}

func (q AuditQuery) filter() (console.AuditFilter, error) {
	if !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To) {
		return console.AuditFilter{}, huma.Error422UnprocessableEntity("from has to lie before to",
			&huma.ErrorDetail{Location: "query.from", Message: "is not before to", Value: q.From})
	}
	return console.AuditFilter{From: q.From, To: q.To, Actor: q.Actor, Action: q.Action, Object: q.Object}, nil
}

type auditInput struct {
	AuditQuery
	Before int64 `query:"before" minimum:"0" doc:"Only entries older than this number"`
	Limit  int   `query:"limit" minimum:"1" maximum:"500" default:"50"`
}

type auditOutput struct {
	Body struct {
		Entries []console.AuditEntry `json:"entries"`
		Next    int64                `json:"next,omitempty" doc:"Give it as before, for older ones"`
	}
}

type entryInput struct {
	Seq int64 `path:"seq" minimum:"1"`
}

type auditEntryOutput struct{ Body console.AuditEntry }

type verifyOutput struct {
	Body struct {
		console.Verification
		Why string `json:"broken,omitempty" doc:"What does not fit, where something does not"`
	}
}

func (s *server) audit(api huma.API) {
	const path = "/api/v1/audit"
	tags := []string{"audit"}
	huma.Register(api, needs(huma.Operation{
		OperationID: "read-audit", Method: http.MethodGet, Path: path, Summary: "Entries of the audit log, the newest first", Tags: tags,
	}, console.ReadAudit), s.readAudit)
	huma.Register(api, needs(huma.Operation{
		OperationID: "verify-audit", Method: http.MethodGet, Path: path + "/verification", Summary: "Check the chain of the audit log", Tags: tags,
	}, console.ReadAudit), s.verifyAudit)
	huma.Register(api, sensitive(needs(huma.Operation{
		OperationID: "export-audit", Method: http.MethodGet, Path: path + "/export", Summary: "All entries, the oldest first, as a file",
		Description: "Times have an offset; in CSV, texts that a spreadsheet would take for a formula begin with an apostrophe. The export is itself an entry, the last of the file.",
		Tags:        tags, Responses: map[string]*huma.Response{"200": {
			Description: "The file",
			Content: map[string]*huma.MediaType{
				contentCSV:   {Schema: &huma.Schema{Type: huma.TypeString}},
				contentLines: {Schema: &huma.Schema{Type: huma.TypeString, Description: "One entry a line, as JSON"}},
			},
		}},
	}, console.ReadAudit)), s.exportAudit)
	huma.Register(api, needs(huma.Operation{
		OperationID: "get-audit-entry", Method: http.MethodGet, Path: path + "/{seq}", Summary: "One entry of the audit log", Tags: tags,
	}, console.ReadAudit), func(ctx context.Context, in *entryInput) (*auditEntryOutput, error) {
		e, err := s.Audit.Entry(ctx, in.Seq)
		if errors.Is(err, console.ErrNotFound) {
			return nil, huma.Error404NotFound(err.Error())
		}
		if err != nil {
			return nil, s.internal(ctx, "reading the audit log", err)
		}
		return &auditEntryOutput{e}, nil
	})
}

func (s *server) readAudit(ctx context.Context, in *auditInput) (*auditOutput, error) {
	f, err := in.filter()
	if err != nil {
		return nil, err
	}
	entries, err := s.Audit.Entries(ctx, f, in.Before, in.Limit)
	if err != nil {
		return nil, s.internal(ctx, "reading the audit log", err)
	}
	out := &auditOutput{}
	out.Body.Entries = append([]console.AuditEntry{}, entries...)
	if len(entries) == in.Limit {
		out.Body.Next = entries[len(entries)-1].Seq
	}
	return out, nil
}

func (s *server) verifyAudit(ctx context.Context, _ *struct{}) (*verifyOutput, error) {
	v, err := s.Audit.Verify(ctx)
	if err != nil && !errors.Is(err, console.ErrChainBroken) {
		return nil, s.internal(ctx, "verifying the audit log", err)
	}
	out := &verifyOutput{}
	out.Body.Verification = v
	if err != nil {
		out.Body.Why = err.Error()
	}
	return out, nil
}
