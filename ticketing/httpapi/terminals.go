package httpapi

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"fairgate/ticketing"
	"fairgate/ticketing/checkin"
)

// terminalPrefix is where terminals speak. They stand in the venue's own
// network and do not come through the gateway.
const terminalPrefix = "/terminal/v1"

// batchPath takes bodies up to the limit of uploads.
const batchPath = terminalPrefix + "/scans/batch"

// HeaderServerTime is on every answer to a terminal, refusals included: the
// service's time in Unix milliseconds.
const HeaderServerTime = "X-Server-Time"

// tellTime puts the service's time on the answer.
func (a *api) tellTime(c *fiber.Ctx) error {
	c.Set(HeaderServerTime, strconv.FormatInt(a.opts.Clock().UnixMilli(), 10))
	return c.Next()
}

// terminalOperations are what the terminals at the gates do.
func (a *api) terminalOperations() {
	session := a.access.terminal
	limits := []ticketing.Code{ticketing.CodeNotConfigured, checkin.CodeTooOften}
	handle(a, operation{
		method: http.MethodPost, path: terminalPrefix + "/sessions", id: "sign-in-terminal", access: a.access.anyTerminal, status: http.StatusCreated,
		summary: "Sign a terminal in with its key",
		describe: "The signature is Ed25519 over the lines \"fairgate terminal sign-in v1\", the terminal's id, a nonce that it never used before, its clock " +
			"in Unix milliseconds and its application's version. The signing key's seed is HKDF-SHA256 of the terminal's key of 32 bytes, without salt, " +
			"for \"fairgate terminal sign-in key v1\". A session ends the one before it. A clock that is off is no refusal: the answer tells it.",
		codes: append(limits, ticketing.CodeUnauthenticated, checkin.CodeSignInReplayed, checkin.CodeTerminalRevoked),
	}, gated(a, a.signInTerminal))
	handle(a, operation{
		method: http.MethodDelete, path: terminalPrefix + "/session", id: "sign-out-terminal", access: session,
		summary: "Sign the terminal out", codes: []ticketing.Code{ticketing.CodeNotConfigured},
	}, gated(a, a.signOutTerminal))
	handle(a, operation{
		method: http.MethodPost, path: terminalPrefix + "/heartbeat", id: "heartbeat", access: session,
		summary: "Say that the terminal is there, and hear what it must know", codes: limits,
	}, gated(a, a.heartbeat))
	handle(a, operation{
		method: http.MethodPost, path: terminalPrefix + "/scans", id: "scan", access: session,
		summary: "Scan a ticket's code or a document",
		describe: "A visitor who is not let in is an answer with accepted false and a reason, not an error. The same nonce again is the same scan and " +
			"gets the same answer; where no answer came, ask again with it. The service's clock judges.",
		codes: append(limits, checkin.CodeNonceReused),
	}, gated(a, a.scan))
	handle(a, operation{
		method: http.MethodPost, path: batchPath, id: "upload-scans", access: session, limit: a.opts.UploadLimit,
		summary: "Hand in scans that were made off line, at most 500",
		describe: "They are judged by their own time, corrected by how far the terminal's clock is off now, and stay accepted whatever became of the " +
			"booking: what would have been refused on line is a conflict for the house to see. Each has a result of its own.",
		codes: limits,
	}, gated(a, a.uploadScans))
	handle(a, operation{
		method: http.MethodGet, path: terminalPrefix + "/lists", id: "read-list", access: session,
		summary: "The tickets of a pool's day, for when the terminal is off line",
		describe: "Each page is sealed to the terminal with HPKE (RFC 9180: base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, info " +
			"\"fairgate terminal list v1\"; the encapsulated key, then the ciphertext). The private key is HKDF-SHA256 of the terminal's key, without " +
			"salt, for \"fairgate terminal list key v1\". Inside is JSON: tickets and documents as keyed marks, masked names, and the public keys to tell forgeries by.",
		codes: append(limits, ticketing.CodeNotFound, ticketing.CodeInvalidField),
	}, gated(a, a.readList))
	handle(a, operation{
		method: http.MethodGet, path: terminalPrefix + "/counts", id: "read-gate-counts", access: session,
		summary: "Today's counts of the terminal's own gate", codes: limits,
	}, gated(a, a.gateCounts))
}

// gated refuses where the house has not set check-in up.
func gated[P, B, O any](a *api, do func(ctx context.Context, r *request[P, B]) (O, error)) func(ctx context.Context, r *request[P, B]) (O, error) {
	return setUp(a.opts.Gates != nil, do)
}

// token is the terminal's credential; the service judges it.
func (e exchange) token() string { return bearer(e.fiber) }

func (a *api) signInTerminal(ctx context.Context, r *request[none, terminalSignIn]) (terminalSession, error) {
	r.secret()
	in, err := r.body.signIn()
	if err != nil {
		return terminalSession{}, err
	}
	s, err := a.opts.Gates.SignIn(ctx, in)
	if err != nil {
		return terminalSession{}, err
	}
	return terminalSession{SessionToken: s.Token, ExpiresAt: ticketing.Millis{Time: s.ExpiresAt}, terminalStatus: showStatus(s.Status)}, nil
}

func (a *api) signOutTerminal(ctx context.Context, r *request[none, none]) (none, error) {
	return none{}, a.opts.Gates.SignOut(ctx, r.token())
}

func (a *api) heartbeat(ctx context.Context, r *request[none, heartbeatBody]) (terminalStatus, error) {
	s, err := a.opts.Gates.Heartbeat(ctx, r.token(), r.body.Clock, r.body.AppVersion)
	if err != nil {
		return terminalStatus{}, err
	}
	return showStatus(s), nil
}

func (a *api) scan(ctx context.Context, r *request[none, scanBody]) (scanAnswer, error) {
	got, err := a.opts.Gates.Scan(ctx, r.token(), r.body.attempt())
	if err != nil {
		return scanAnswer{}, err
	}
	return a.showScan(got), nil
}

func (a *api) uploadScans(ctx context.Context, r *request[none, uploadBody]) (uploadAnswer, error) {
	results, err := a.opts.Gates.Upload(ctx, r.token(), r.body.upload())
	if err != nil {
		return uploadAnswer{}, err
	}
	out := uploadAnswer{ServerTime: a.serverTime(), Results: make([]uploadResult, len(results))}
	for i, result := range results {
		out.Results[i].Nonce = result.Nonce
		if result.Err != nil {
			p := describe(result.Err)
			out.Results[i].Error = &p
			continue
		}
		shown := a.showScan(result.Answer)
		out.Results[i].Scan = &shown
	}
	return out, nil
}

type inList struct {
	Pool   string `query:"pool" required:"true" doc:"One of the terminal's pools."`
	Date   string `query:"date" required:"true" doc:"The visit day."`
	Since  int64  `query:"since" doc:"Only what changed since this version."`
	Cursor string `query:"cursor" doc:"The next page of a whole list."`
	Limit  int    `query:"limit" default:"500" doc:"How many orders at most, to 1000."`
}

func (a *api) readList(ctx context.Context, r *request[inList, none]) (listPage, error) {
	r.secret()
	p := r.params
	page, err := a.opts.Gates.List(ctx, r.token(), checkin.ListRequest{Pool: p.Pool, Date: p.Date, Since: p.Since, Cursor: p.Cursor, Limit: p.Limit})
	if err != nil {
		return listPage{}, err
	}
	return listPage{
		Sealed: page.Sealed, Version: page.Version, Cursor: page.Cursor, More: page.More, Receipt: page.Receipt,
		IssuedAt: ticketing.Millis{Time: page.IssuedAt}, ExpiresAt: ticketing.Millis{Time: page.ExpiresAt}, ServerTime: a.serverTime(),
	}, nil
}

func (a *api) gateCounts(ctx context.Context, r *request[none, none]) (gateCounts, error) {
	tally, at, err := a.opts.Gates.GateCounts(ctx, r.token())
	if err != nil {
		return gateCounts{}, err
	}
	return gateCounts{At: ticketing.Millis{Time: at}, ServerTime: a.serverTime(), Gate: showTally(tally)}, nil
}

func (a *api) serverTime() ticketing.Millis { return ticketing.Millis{Time: a.opts.Clock()} }

// OnlyTerminals is what of the surface terminals may reach, for a listener of
// their own on the venue's network; everything else is not found there.
func OnlyTerminals(app *fiber.App) *fiber.App {
	whole := app.Handler()
	gates := fiber.New(app.Config())
	gates.Use(func(c *fiber.Ctx) error {
		if path := c.Path(); !strings.HasPrefix(path, terminalPrefix+"/") && path != aliveRoute && path != readyRoute {
			return fiber.ErrNotFound
		}
		whole(c.Context())
		return nil
	})
	return gates
}
