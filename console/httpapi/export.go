package httpapi

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"

	"fairgate/console"
)

// Media types of exports.
const (
	contentCSV   = "text/csv; charset=utf-8"
	contentLines = "application/x-ndjson"
)

// exportPage is how many rows are read for an export at a time.
const exportPage = 500

type exportInput struct {
	AuditQuery
	Format string `query:"format" enum:"csv,jsonl" default:"csv"`
}

// exportAudit streams the log as it is now, page by page.
func (s *server) exportAudit(ctx context.Context, in *exportInput) (*huma.StreamResponse, error) {
	f, err := in.filter()
	if err != nil {
		return nil, err
	}
	last, err := s.recorded(ctx, "audit.export", "audit", "", nil, map[string]any{"filter": f, "format": in.Format})
	if err != nil {
		return nil, err
	}
	rows := auditRows{s: s, ctx: context.WithoutCancel(ctx), filter: f, last: last.Seq, csv: in.Format == "csv"}
	content, ending := contentLines, "jsonl"
	if rows.csv {
		content, ending = contentCSV, "csv"
	}
	name := "fairgate-audit-" + s.o.Now().In(s.o.FileZone).Format("20060102-150405") + "." + ending
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", content)
		hc.SetHeader("Content-Disposition", `attachment; filename="`+name+`"`)
		c := humafiber.Unwrap(hc).Context()
		c.SetBodyStream(&pages{next: rows.next, conn: c.Conn()}, -1)
	}}, nil
}

// auditRows renders an export of the audit log.
type auditRows struct {
	s      *server
	ctx    context.Context //nolint:containedctx // of the answer that is streamed, which outlives the handler
	filter console.AuditFilter
	after  int64
	last   int64 // the export's own entry
	csv    bool
	begun  bool
	ended  bool
}

// next renders a page; io.EOF: there is no more. A fault breaks the answer off,
// so that nobody takes half a file for the whole.
func (r *auditRows) next() ([]byte, error) {
	var out bytes.Buffer
	if r.csv && !r.begun {
		out.WriteString("\uFEFF") // or spreadsheets take the Chinese for something else
		_ = csvLine(&out, "seq", "time", "actor", "role", "address", "request_id", "action", "object", "reason", "before", "after", "hash")
	}
	r.begun = true
	if r.ended {
		return nil, io.EOF
	}
	entries, err := r.s.Audit.EntriesAfter(r.ctx, r.filter, r.after, exportPage)
	if err != nil {
		r.s.o.Log.ErrorContext(r.ctx, "an export of the audit log broke off", "error", err)
		return nil, err
	}
	r.ended = len(entries) < exportPage
	for _, e := range entries {
		if e.Seq > r.last {
			r.ended = true
			break
		}
		if err := r.write(&out, e); err != nil {
			return nil, err
		}
		r.after = e.Seq
	}
	if out.Len() == 0 {
		return nil, io.EOF
	}
	return out.Bytes(), nil
}

func (r *auditRows) write(out *bytes.Buffer, e console.AuditEntry) error {
	if !r.csv {
		return json.NewEncoder(out).Encode(e)
	}
	return csvLine(out, strconv.FormatInt(e.Seq, 10), e.Time.In(r.s.o.FileZone).Format("2006-01-02T15:04:05.000Z07:00"), e.Actor, string(e.Role),
		e.Address, e.RequestID, e.Action, e.Object, e.Reason, e.Before, e.After, e.Hash)
}

// csvLine writes one line whose cells no spreadsheet takes for a formula.
func csvLine(out io.Writer, cells ...string) error {
	for i, cell := range cells {
		cells[i] = inert(cell)
	}
	w := csv.NewWriter(out)
	w.UseCRLF = true
	_ = w.Write(cells) // the flush reports it
	w.Flush()
	return w.Error()
}

// inert puts an apostrophe before what a spreadsheet would take for a formula,
// also in its full-width form.
func inert(cell string) string {
	if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r\n") {
		return "'" + cell
	}
	for _, wide := range []string{"＝", "＋", "－", "＠"} {
		if strings.HasPrefix(cell, wide) {
			return "'" + cell
		}
	}
	return cell
}

// maxPage is how long the reader of a stream may take for a page.
const maxPage = 30 * time.Second

// pages is a stream that is made while it is read, a page at a time.
type pages struct {
	next func() ([]byte, error)
	conn net.Conn
	rest []byte
}

// Read gives the rest of the page, or of the next. The server's own time limit is
// for whole answers; a stream has one for each page.
func (p *pages) Read(to []byte) (int, error) {
	if len(p.rest) == 0 {
		var err error
		if p.rest, err = p.next(); err != nil {
			return 0, err
		}
		if p.conn != nil {
			// Writing fails by itself where the connection is gone.
			_ = p.conn.SetWriteDeadline(time.Now().Add(maxPage))
		}
	}
	n := copy(to, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}
