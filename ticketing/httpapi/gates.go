package httpapi

import (
	"context"
	"encoding/json"
	"net/http"

	"fairgate/ticketing"
	"fairgate/ticketing/checkin"
)

// gateOperations are what the house does with its terminals, and what it sees
// of its gates.
func (a *api) gateOperations() {
	handle(a, operation{
		method: http.MethodPost, path: "/internal/v1/terminals", id: "register-terminal", access: a.access.operations, status: http.StatusCreated,
		summary: "Register a terminal",
		describe: "The key is shown this once and stored nowhere. With an Idempotency-Key that is known the answer is the terminal without its key. " +
			"Audited under the name in X-Operator, as every change here.",
		codes: []ticketing.Code{ticketing.CodeNotConfigured, checkin.CodeTerminalName},
	}, gated(a, a.registerTerminal))
	handle(a, operation{
		method: http.MethodGet, path: "/internal/v1/terminals", id: "list-terminals", access: a.access.operations,
		summary: "All terminals, revoked ones too, in order of name", codes: []ticketing.Code{ticketing.CodeNotConfigured},
	}, gated(a, a.terminals))
	handle(a, operation{
		method: http.MethodPut, path: "/internal/v1/terminals/{terminal}", id: "change-terminal", access: a.access.operations,
		summary: "Change a terminal, in force from its next scan on",
		codes:   []ticketing.Code{ticketing.CodeNotConfigured, ticketing.CodeNotFound, checkin.CodeTerminalName, checkin.CodeTerminalRevoked},
	}, gated(a, a.changeTerminal))
	handle(a, operation{
		method: http.MethodPost, path: "/internal/v1/terminals/{terminal}/key", id: "rekey-terminal", access: a.access.operations,
		summary: "Give a terminal another key, shown this once; the former one and the session are worth nothing from now on",
		codes:   []ticketing.Code{ticketing.CodeNotConfigured, ticketing.CodeNotFound, checkin.CodeTerminalRevoked},
	}, gated(a, a.rekeyTerminal))
	handle(a, operation{
		method: http.MethodPost, path: "/internal/v1/terminals/{terminal}/revoke", id: "revoke-terminal", access: a.access.operations,
		summary: "Revoke a terminal for good", codes: []ticketing.Code{ticketing.CodeNotConfigured, ticketing.CodeNotFound},
	}, gated(a, a.revokeTerminal))
	handle(a, operation{
		method: http.MethodPut, path: "/internal/v1/checkin/apps/{kind}", id: "set-terminal-app", access: a.access.operations,
		summary:  "Say which version of their application terminals of a kind should run",
		describe: "A terminal below the latest is told so when it signs in and at each heartbeat. It goes on working below the minimum too.",
		codes:    []ticketing.Code{ticketing.CodeNotConfigured},
	}, gated(a, a.setApp))
	handle(a, operation{
		method: http.MethodGet, path: "/internal/v1/checkin/apps", id: "list-terminal-apps", access: a.access.operations,
		summary: "Which versions terminals should run", codes: []ticketing.Code{ticketing.CodeNotConfigured},
	}, gated(a, a.apps))
	handle(a, operation{
		method: http.MethodGet, path: "/internal/v1/checkin/changes", id: "list-terminal-changes", access: a.access.operations,
		summary: "Who changed what about terminals", codes: []ticketing.Code{ticketing.CodeNotConfigured, ticketing.CodeInvalidField},
	}, gated(a, a.terminalChanges))
	handle(a, operation{
		method: http.MethodGet, path: "/internal/v1/checkin/counts", id: "read-counts", access: a.access.operations,
		summary: "A day's counts by terminal, gate and pool, half a second old at most",
		codes:   []ticketing.Code{ticketing.CodeNotConfigured, ticketing.CodeInvalidField},
	}, gated(a, a.counts))
	handle(a, operation{
		method: http.MethodGet, path: "/internal/v1/checkin/conflicts", id: "list-conflicts", access: a.access.operations,
		summary: "Scans made off line that on line would have been refused, or whose time could not be",
		codes:   []ticketing.Code{ticketing.CodeNotConfigured, ticketing.CodeInvalidField},
	}, gated(a, a.conflicts))
}

// terminalShown is a terminal as the house sees it.
type terminalShown struct {
	TerminalID  string            `json:"terminal_id"`
	Name        string            `json:"name"`
	Kind        checkin.Kind      `json:"kind"`
	Gate        string            `json:"gate"`
	Pools       []string          `json:"pools"`
	CreatedAt   ticketing.Millis  `json:"created_at"`
	RevokedAt   *ticketing.Millis `json:"revoked_at"`
	SignedInAt  *ticketing.Millis `json:"signed_in_at"`
	SeenAt      *ticketing.Millis `json:"seen_at" doc:"When it signed in or sent a heartbeat last."`
	ClockSkewMS int64             `json:"clock_skew_ms" doc:"Then; positive where its clock was ahead."`
	AppVersion  string            `json:"app_version,omitempty"`
	Key         string            `json:"key,omitempty" doc:"Shown once, where it was made."`
}

func showTerminal(t checkin.Terminal, key string) terminalShown {
	return terminalShown{
		TerminalID: t.ID, Name: t.Name, Kind: t.Kind, Gate: t.Gate, Pools: t.Pools, CreatedAt: ticketing.Millis{Time: t.CreatedAt},
		RevokedAt: optional(t.RevokedAt), SignedInAt: optional(t.SignedInAt), SeenAt: optional(t.SeenAt),
		ClockSkewMS: t.Skew.Milliseconds(), AppVersion: t.AppVersion, Key: key,
	}
}

func (a *api) registerTerminal(ctx context.Context, r *request[none, checkin.Setting]) (terminalShown, error) {
	r.secret()
	call := r.operator()
	made, err := a.opts.Gates.Register(ctx, call.Actor, call.IdempotencyKey, r.body)
	return showTerminal(made.Terminal, made.Key), err
}

type terminalList struct {
	Terminals []terminalShown `json:"terminals"`
	Next      string          `json:"next,omitempty" doc:"What to ask the next page with; absent on the last."`
}

type terminalPage struct {
	After string `query:"after" doc:"What next said."`
	Limit int    `query:"limit" default:"200" doc:"How many at most, to 1000."`
}

func (a *api) terminals(ctx context.Context, r *request[terminalPage, none]) (terminalList, error) {
	page, next, err := a.opts.Gates.Terminals(ctx, r.params.After, r.params.Limit)
	out := terminalList{Terminals: make([]terminalShown, len(page)), Next: next}
	for i, t := range page {
		out.Terminals[i] = showTerminal(t, "")
	}
	return out, err
}

type inTerminal struct {
	Terminal string `path:"terminal" doc:"The terminal's id."`
}

func (a *api) changeTerminal(ctx context.Context, r *request[inTerminal, checkin.Setting]) (terminalShown, error) {
	t, err := a.opts.Gates.ChangeTerminal(ctx, r.operator().Actor, r.params.Terminal, r.body)
	return showTerminal(t, ""), err
}

func (a *api) rekeyTerminal(ctx context.Context, r *request[inTerminal, none]) (terminalShown, error) {
	r.secret()
	made, err := a.opts.Gates.Rekey(ctx, r.operator().Actor, r.params.Terminal)
	return showTerminal(made.Terminal, made.Key), err
}

func (a *api) revokeTerminal(ctx context.Context, r *request[inTerminal, none]) (terminalShown, error) {
	t, err := a.opts.Gates.Revoke(ctx, r.operator().Actor, r.params.Terminal)
	return showTerminal(t, ""), err
}

type inKind struct {
	Kind string `path:"kind" doc:"handheld or standing."`
}

type appBody struct {
	Minimum  string `json:"minimum" doc:"Below it an upgrade is required."`
	Latest   string `json:"latest" doc:"Below it an upgrade is recommended."`
	NoticeZH string `json:"notice_zh"`
	NoticeEN string `json:"notice_en"`
	URL      string `json:"url" required:"false" doc:"Where the application is to be had."`
}

type appList struct {
	Apps []checkin.App `json:"apps"`
}

func (a *api) setApp(ctx context.Context, r *request[inKind, appBody]) (checkin.App, error) {
	b := r.body
	return a.opts.Gates.SetApp(ctx, r.operator().Actor, checkin.App{
		Kind: checkin.Kind(r.params.Kind), Minimum: b.Minimum, Latest: b.Latest, NoticeZH: b.NoticeZH, NoticeEN: b.NoticeEN, URL: b.URL,
	})
}

func (a *api) apps(ctx context.Context, _ *request[none, none]) (appList, error) {
	apps, err := a.opts.Gates.Apps(ctx)
	return appList{Apps: append([]checkin.App{}, apps...)}, err
}

type terminalChangeList struct {
	Changes []terminalChange `json:"changes"`
}

// terminalChange is an entry of the audit of terminals.
type terminalChange struct {
	Seq     int64            `json:"seq"`
	Subject string           `json:"subject" doc:"A terminal's id, or app: and a kind."`
	At      ticketing.Millis `json:"at"`
	Who     string           `json:"who"`
	What    string           `json:"what" enum:"register,change,key,revoke,app"`
	Before  json.RawMessage  `json:"before"`
	After   json.RawMessage  `json:"after"`
}

// inSequence is where to go on in what is numbered.
type inSequence struct {
	After int64 `query:"after" default:"0" doc:"The number after which to go on."`
	Limit int   `query:"limit" default:"200" doc:"How many at most, to 1000."`
}

func (a *api) terminalChanges(ctx context.Context, r *request[inSequence, none]) (terminalChangeList, error) {
	changes, err := a.opts.Gates.TerminalChanges(ctx, r.params.After, r.params.Limit)
	out := terminalChangeList{Changes: make([]terminalChange, len(changes))}
	for i, c := range changes {
		out.Changes[i] = terminalChange(c)
	}
	return out, err
}

type inDate struct {
	Date string `query:"date" required:"true" doc:"The day."`
}

type countsAnswer struct {
	Date      ticketing.Date   `json:"date"`
	At        ticketing.Millis `json:"at" doc:"When it was counted."`
	Total     tally            `json:"total"`
	Terminals []tally          `json:"terminals"`
	Gates     []tally          `json:"gates"`
	Pools     []tally          `json:"pools"`
}

func (a *api) counts(ctx context.Context, r *request[inDate, none]) (countsAnswer, error) {
	c, err := a.opts.Gates.Counts(ctx, r.params.Date)
	return countsAnswer{
		Date: c.Date, At: ticketing.Millis{Time: c.At}, Total: showTally(c.Total),
		Terminals: showTallies(c.Terminals), Gates: showTallies(c.Gates), Pools: showTallies(c.Pools),
	}, err
}

// conflict is a scan made off line that the house should look at.
type conflict struct {
	Seq         int64             `json:"seq"`
	TerminalID  string            `json:"terminal_id"`
	Gate        string            `json:"gate"`
	Pool        string            `json:"pool,omitempty"`
	OrderID     string            `json:"order_id,omitempty"`
	PositionID  string            `json:"position_id,omitempty"`
	Direction   checkin.Direction `json:"direction"`
	Accepted    bool              `json:"accepted"`
	Conflict    checkin.Reason    `json:"conflict"`
	ConflictZH  string            `json:"conflict_zh"`
	ConflictEN  string            `json:"conflict_en"`
	At          ticketing.Millis  `json:"at" doc:"Of the scan, corrected by the terminal's clock."`
	RecordedAt  ticketing.Millis  `json:"recorded_at" doc:"When it was handed in."`
	ClockSkewMS int64             `json:"clock_skew_ms"`
	Prior       *scanPrior        `json:"prior" doc:"The use before it, where there was one."`
}

type conflictList struct {
	Conflicts []conflict `json:"conflicts"`
}

func (a *api) conflicts(ctx context.Context, r *request[inSequence, none]) (conflictList, error) {
	scans, err := a.opts.Gates.Conflicts(ctx, r.params.After, r.params.Limit)
	out := conflictList{Conflicts: make([]conflict, len(scans))}
	for i, s := range scans {
		out.Conflicts[i] = conflict{
			Seq: s.Seq, TerminalID: s.TerminalID, Gate: s.Gate, Pool: s.Pool, OrderID: s.OrderID, PositionID: s.PositionID,
			Direction: s.Direction, Accepted: s.Accepted, Conflict: s.Conflict, ConflictZH: s.Conflict.ZH(), ConflictEN: s.Conflict.EN(),
			At: ticketing.Millis{Time: s.At}, RecordedAt: ticketing.Millis{Time: s.RecordedAt}, ClockSkewMS: s.Skew.Milliseconds(),
		}
		if !s.PriorAt.IsZero() {
			out.Conflicts[i].Prior = &scanPrior{At: ticketing.Millis{Time: s.PriorAt}, Gate: s.PriorGate, Terminal: s.PriorName}
		}
	}
	return out, err
}
