package httpapi

import (
	"context"
	"net/http"
	"time"

	"fairgate/ticketing"
	"fairgate/ticketing/document"
)

// privacyOperations are about personal data: the privacy role sees it in full,
// operations reads who did, and what was erased.
func (a *api) privacyOperations() {
	handle(a, operation{
		method: http.MethodPost, path: "/internal/v1/orders/{order}/reveal", id: "reveal-order", access: a.access.privacy,
		summary: "Personal data of an order in full",
		describe: "Audited before it is answered, under the name in X-Operator and with the reason, and limited to so many persons an hour " +
			"for one operator. Every call counts; no answer is remembered.",
		codes:   []ticketing.Code{ticketing.CodeNotFound, ticketing.CodeRevealLimit},
		example: map[string]any{"fields": []string{"name", "phone"}, "reason": "visitor at gate 2 without the booked document"},
	}, a.reveal)
	handle(a, operation{
		method: http.MethodPost, path: "/internal/v1/lookups", id: "look-up-orders", access: a.access.privacy,
		summary:  "Orders of whoever has a document or a phone number, masked",
		describe: "Newest first; audited and counted like a reveal of one person.", codes: []ticketing.Code{ticketing.CodeRevealLimit},
	}, a.lookup)
	handle(a, operation{
		method: http.MethodGet, path: "/internal/v1/reveals", id: "list-reveals", access: a.access.audit,
		summary: "Who saw personal data, when and why",
	}, a.reveals)
	handle(a, operation{
		method: http.MethodPost, path: "/internal/v1/accounts/{account}/erase", id: "erase-account", access: a.access.operations,
		summary:  "Erase an account whose visitor asked the house to",
		describe: "What was booked, paid and visited stays, without persons. Recorded under the name in X-Operator.",
		codes:    []ticketing.Code{ticketing.CodeNotFound, ticketing.CodeLiveOrders},
	}, a.eraseAccount)
	handle(a, operation{
		method: http.MethodGet, path: "/internal/v1/erasures", id: "list-erasures", access: a.access.erasures,
		summary:  "What was erased and when",
		describe: "Whoever keeps something about accounts follows it, and erases the accounts it names, too.",
	}, a.erasures)
	handle(a, operation{
		method: http.MethodGet, path: "/internal/v1/erasures/due", id: "count-due-erasures", access: a.access.audit,
		summary: "How many rows the next run of the erasure would erase, by kind",
	}, a.erasureDue)
	handle(a, operation{
		method: http.MethodPost, path: "/internal/v1/no-shows/{position}/take-back", id: "take-back-no-show", access: a.access.operations,
		summary:  "Have a wrongly recorded no-show count no more",
		describe: "It lifts the freeze of booking that it may have caused. Kept under the name in X-Operator.",
		codes:    []ticketing.Code{ticketing.CodeNotFound},
	}, a.takeBackNoShow)
	handle(a, operation{
		method: http.MethodGet, path: "/internal/v1/jobs", id: "list-jobs", access: a.access.operations,
		summary: "Jobs that run by the hour or the day, and how they stand",
	}, a.jobs)
}

type revealBody struct {
	Positions []string                `json:"positions" required:"false" doc:"None = all, with the leader and the account's phone."`
	Fields    []ticketing.RevealField `json:"fields" doc:"Some of name, document, phone and answers."`
	Reason    string                  `json:"reason" doc:"3 to 500 characters, without personal data."`
}

type revealed struct {
	OrderID      string             `json:"order_id"`
	Positions    []revealedPosition `json:"positions"`
	LeaderName   string             `json:"leader_name,omitempty"`
	LeaderPhone  string             `json:"leader_phone,omitempty"`
	AccountPhone string             `json:"account_phone,omitempty"`
	Answers      []revealedAnswer   `json:"answers,omitempty"`
}

// revealedAnswer is an answer to a personal field, of a position or, without
// one, of the order.
type revealedAnswer struct {
	PositionID string `json:"position_id,omitempty"`
	fieldAnswer
}

type revealedPosition struct {
	ID       string            `json:"position_id"`
	Erased   bool              `json:"erased"` // nothing is kept of the visitor any more
	Name     string            `json:"name,omitempty"`
	Document *revealedDocument `json:"document,omitempty"`
	Phone    string            `json:"phone,omitempty"`
}

type revealedDocument struct {
	Type        document.Type `json:"type"`
	Number      string        `json:"number"`
	Nationality string        `json:"nationality,omitempty"`
}

func (a *api) reveal(ctx context.Context, r *request[inOrder, revealBody]) (revealed, error) {
	r.secret()
	shown, err := a.service.Reveal(ctx, r.operator(), ticketing.RevealRequest{
		Order: r.params.Order, Positions: r.body.Positions, Fields: r.body.Fields, Reason: r.body.Reason,
	})
	if err != nil {
		return revealed{}, err
	}
	out := revealed{
		OrderID: shown.OrderID, LeaderName: shown.LeaderName, LeaderPhone: shown.LeaderPhone, AccountPhone: shown.AccountPhone,
		Positions: make([]revealedPosition, len(shown.Positions)),
	}
	for i, p := range shown.Positions {
		out.Positions[i] = revealedPosition{ID: p.ID, Erased: p.Erased, Name: p.Name, Phone: p.Phone}
		if p.Document.Number != "" {
			out.Positions[i].Document = &revealedDocument{Type: p.Document.Type, Number: p.Document.Number, Nationality: p.Document.Nationality}
		}
	}
	for _, answer := range shown.Answers {
		out.Answers = append(out.Answers, revealedAnswer{PositionID: answer.PositionID, fieldAnswer: showAnswer(answer)})
	}
	return out, nil
}

type lookupBody struct {
	Document *struct {
		Type        document.Type `json:"type"`
		Number      string        `json:"number"`
		Nationality string        `json:"nationality" required:"false"`
	} `json:"document" required:"false"`
	Phone  string `json:"phone" required:"false"`
	Reason string `json:"reason" doc:"3 to 500 characters, without personal data."`
	After  string `json:"after" required:"false" doc:"For the next page: what next said."`
	Limit  int    `json:"limit" required:"false" doc:"1 to 200; default 50."`
}

func (a *api) lookup(ctx context.Context, r *request[none, lookupBody]) (orderList, error) {
	r.secret()
	l := ticketing.Lookup{Phone: r.body.Phone, Reason: r.body.Reason, Before: r.body.After, Limit: r.body.Limit}
	if d := r.body.Document; d != nil {
		l.Type, l.Number, l.Nationality = d.Type, d.Number, d.Nationality
	}
	if l.Limit == 0 {
		l.Limit = 50
	}
	found, err := a.service.Lookup(ctx, r.operator(), l)
	return showOrders(found, nextOf(found, l.Limit, func(o ticketing.Order) string { return o.ID })), err
}

type revealList struct {
	Reveals []ticketing.Reveal `json:"reveals"`
}

func (a *api) reveals(ctx context.Context, r *request[inLog, none]) (revealList, error) {
	found, err := a.service.Reveals(ctx, r.params.After, r.params.Limit)
	return revealList{Reveals: append([]ticketing.Reveal{}, found...)}, err
}

type inAccount struct {
	Account string `path:"account" doc:"The account's id."`
}

type reasonBody struct {
	Reason string `json:"reason" doc:"3 to 500 characters, without personal data."`
}

func (a *api) eraseAccount(ctx context.Context, r *request[inAccount, reasonBody]) (none, error) {
	return none{}, a.service.EraseAccount(ctx, r.operator(), r.params.Account, r.body.Reason)
}

type inNoShow struct {
	Position string `path:"position" doc:"The position's id."`
}

func (a *api) takeBackNoShow(ctx context.Context, r *request[inNoShow, reasonBody]) (none, error) {
	return none{}, a.service.TakeBackNoShow(ctx, r.operator(), r.params.Position, r.body.Reason)
}

type erasureList struct {
	Erasures []ticketing.Erasure `json:"erasures"`
}

func (a *api) erasures(ctx context.Context, r *request[inLog, none]) (erasureList, error) {
	found, err := a.service.Erasures(ctx, r.params.After, r.params.Limit)
	return erasureList{Erasures: append([]ticketing.Erasure{}, found...)}, err
}

type dueErasures struct {
	Due map[ticketing.ErasureKind]int `json:"due"`
}

func (a *api) erasureDue(ctx context.Context, _ *request[none, none]) (dueErasures, error) {
	due, err := a.service.ErasureDue(ctx)
	return dueErasures{Due: due}, err
}

type jobList struct {
	Jobs []jobStatus `json:"jobs"`
}

type jobStatus struct {
	Name         string            `json:"name"`
	EverySeconds int64             `json:"every_seconds,omitempty"`
	DailyAt      ticketing.Clock   `json:"daily_at,omitempty"` // at the venue
	LastStarted  *ticketing.Millis `json:"last_started" nullable:"true"`
	LastFinished *ticketing.Millis `json:"last_finished" nullable:"true"`
	LastError    string            `json:"last_error,omitempty"`
	NextDue      *ticketing.Millis `json:"next_due" nullable:"true"`
	Progress     string            `json:"progress,omitempty"` // where the next run goes on
	Report       string            `json:"report,omitempty"`
}

func (a *api) jobs(ctx context.Context, _ *request[none, none]) (jobList, error) {
	found, err := a.service.Jobs(ctx)
	out := jobList{Jobs: make([]jobStatus, len(found))}
	for i, j := range found {
		out.Jobs[i] = jobStatus{
			Name: j.Name, EverySeconds: int64(j.Every / time.Second), DailyAt: j.At, LastStarted: optional(j.LastStarted),
			LastFinished: optional(j.LastFinished), LastError: j.LastError, NextDue: optional(j.NextDue), Progress: j.Progress, Report: j.Report,
		}
	}
	return out, err
}

type closeBody struct {
	Password string `json:"password" required:"false"`
	Code     string `json:"code" required:"false" doc:"Made for close_account."`
}

func (a *api) closeAccount(ctx context.Context, r *request[none, closeBody]) (none, error) {
	return none{}, a.service.CloseAccount(ctx, r.call(), r.session(), r.body.Password, r.body.Code)
}
