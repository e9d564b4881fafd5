package httpapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/console"
	"fairgate/enforcement"
	"fairgate/enforcement/budget"
	"fairgate/enforcement/lists"
	"fairgate/enforcement/withdrawals"
)

// Budgets are the block budgets of the rules; *budget.Service is one.
type Budgets interface {
	// List gives the rules that block or were turned down, by rule.
	List(ctx context.Context) ([]budget.Budget, error)
	// Lift lets a rule that was turned down act again.
	Lift(ctx context.Context, rule, actor, reason string) (budget.Down, error)
}

// Debits count what was taken back of a rule's blocks; *lists.Service is one.
type Debits interface {
	DebitOf(ctx context.Context, site, rule string, since time.Time) (lists.Debit, error)
}

// TakenOrders count the orders that a rule took back, by what became of them;
// *withdrawals.Service is one.
type TakenOrders interface {
	Count(ctx context.Context, c enforcement.Cause) (map[withdrawals.State]int, error)
}

// Debit is what counts against a rule over one period of event time.
type Debit struct {
	lists.Debit
	Reinstated int `json:"reinstated" doc:"Orders that the rule took back and that were given back, or are about to be"`
	Lost       int `json:"lost" doc:"Orders that were to be given back when their places were gone"`
}

// debits are what counts against a rule.
type debits struct {
	Week  Debit `json:"days_7"`
	Month Debit `json:"days_30"`
}

// standingBlocks are the entries of a rule that is turned down: they stand.
type standingBlocks struct {
	budget.Budget
	Debit    debits        `json:"debit" doc:"Blocks that the rule made, how many were undone or cleared, and the orders that were given back"`
	Standing []lists.Entry `json:"standing,omitempty" doc:"Entries that the rule made before and that still stand, the newest first, at most 100"`
}

type budgetsOutput struct {
	Body struct {
		Budgets []standingBlocks `json:"budgets"`
	}
}

type liftBudgetInput struct {
	Rule string `path:"rule" maxLength:"100"`
	Body struct {
		Reason string `json:"reason" minLength:"3" maxLength:"500"`
	}
}

type liftBudgetOutput struct{ Body budget.Down }

// maxStanding is how many entries of a rule that is turned down are listed;
// GET /api/v1/lists/deny?rule= has the rest.
const maxStanding = 100

func (s *server) budgets(api huma.API) {
	huma.Register(api, needs(huma.Operation{
		OperationID: "list-block-budgets", Method: http.MethodGet, Path: "/api/v1/block-budgets",
		Summary: "How many people each rule blocked in this hour, and which rules only challenge because of it", Tags: []string{"rules"},
	}, console.ReadReview), s.listBudgets)
	huma.Register(api, needs(huma.Operation{
		OperationID: "lift-block-budget", Method: http.MethodPost, Path: "/api/v1/block-budgets/{rule}/lift",
		Summary: "Let a rule that was turned down act again; another person than its owner and those who made it", Tags: []string{"rules"},
	}, console.LiftBudget), s.liftBudget)
}

func (s *server) listBudgets(ctx context.Context, _ *struct{}) (*budgetsOutput, error) {
	budgets, err := s.Budgets.List(ctx)
	if err != nil {
		return nil, s.internal(ctx, "reading the block budgets", err)
	}
	out := &budgetsOutput{}
	out.Body.Budgets = make([]standingBlocks, len(budgets))
	for i, b := range budgets {
		out.Body.Budgets[i].Budget = b
		if out.Body.Budgets[i].Debit, err = s.debit(ctx, b.Rule); err != nil {
			return nil, s.internal(ctx, "counting what was taken back of a rule", err)
		}
		if b.State != budget.StateDown {
			continue
		}
		f := lists.Filter{Site: s.o.Site, Kind: enforcement.EntryDeny, Rule: b.Rule, ActiveAt: s.o.Now()}
		if out.Body.Budgets[i].Standing, _, err = s.Lists.List(ctx, f, "", maxStanding); err != nil {
			return nil, s.internal(ctx, "reading what stands of a rule", err)
		}
	}
	return out, nil
}

func (s *server) debit(ctx context.Context, rule string) (d debits, err error) {
	now := s.o.Now()
	if d.Week, err = s.debitSince(ctx, rule, now, 7); err != nil {
		return d, err
	}
	d.Month, err = s.debitSince(ctx, rule, now, 30)
	return d, err
}

func (s *server) debitSince(ctx context.Context, rule string, now time.Time, days int) (d Debit, err error) {
	since := now.AddDate(0, 0, -days)
	if d.Debit, err = s.Debits.DebitOf(ctx, s.o.Site, rule, since); err != nil {
		return d, err
	}
	orders, err := s.TakenOrders.Count(ctx, enforcement.Cause{Site: s.o.Site, Rule: rule, From: since, To: now})
	d.Reinstated = orders[withdrawals.Reinstating] + orders[withdrawals.Reinstated]
	d.Lost = orders[withdrawals.Lost]
	return d, err
}

func (s *server) liftBudget(ctx context.Context, in *liftBudgetInput) (*liftBudgetOutput, error) {
	after, err := s.Budgets.Lift(ctx, in.Rule, callerOf(ctx).Name, in.Body.Reason)
	switch {
	case errors.Is(err, budget.ErrNotDown):
		return nil, huma.Error404NotFound(err.Error())
	case errors.Is(err, budget.ErrOwner):
		return nil, huma.Error403Forbidden(err.Error())
	case errors.Is(err, budget.ErrBadInput):
		return nil, huma.Error422UnprocessableEntity(err.Error())
	case err != nil:
		return nil, s.internal(ctx, "lifting the block budget", err)
	}
	before := after
	before.LiftedAt, before.LiftedBy, before.LiftReason = time.Time{}, "", ""
	return &liftBudgetOutput{after}, s.record(ctx, "budget.lift", in.Rule, in.Body.Reason, before, after)
}
