package undo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fairgate/enforcement"
	"fairgate/enforcement/lists"
	"fairgate/enforcement/withdrawals"
	"fairgate/rules"
)

// Page is where in the two lists of a preview to read, and how much of each:
// 1 to 500.
type Page struct {
	Blocks string // cursors; empty: from the beginning
	Orders string
	Limit  int
}

// Preview is what an undo of a cause would find now.
type Preview struct {
	Cause  enforcement.Cause         `json:"cause"`
	Blocks lists.Tally               `json:"blocks"`
	Orders map[withdrawals.State]int `json:"orders"`
	// BlockList and OrderList are one page of each, the oldest first; the next
	// page begins at NextBlocks and NextOrders, empty after the last.
	BlockList  []Block `json:"block_list"`
	NextBlocks string  `json:"next_blocks,omitempty"`
	OrderList  []Order `json:"order_list"`
	NextOrders string  `json:"next_orders,omitempty"`
}

// Block is an entry that the rule made.
type Block struct {
	lists.Entry
	// Keep is why an undo would leave it, empty where it would lift it.
	Keep string `json:"keep,omitempty"`
}

// Order is an order that the rule took back, or tried to.
type Order struct {
	withdrawals.Withdrawal
	// Keep is why an undo would leave it as it is, empty where it would give it
	// back.
	Keep string `json:"keep,omitempty"`
}

// Preview lists what an undo would find and what it would leave. It changes
// nothing.
func (s *Service) Preview(ctx context.Context, c enforcement.Cause, p Page) (v Preview, err error) {
	v.Cause = c
	if v.Blocks, err = s.lists.Tally(ctx, c, ""); err != nil {
		return v, err
	}
	if v.Orders, err = s.withdrawals.Count(ctx, c); err != nil {
		return v, err
	}
	entries, next, err := s.lists.Caused(ctx, c, p.Blocks, p.Limit)
	if err != nil {
		return v, err
	}
	v.BlockList, v.NextBlocks = make([]Block, len(entries)), next
	for i, e := range entries {
		v.BlockList[i].Entry = e
		if v.BlockList[i].Keep, err = s.keepBlock(ctx, e); err != nil {
			return v, err
		}
	}
	orders, next, err := s.withdrawals.Caused(ctx, c, p.Orders, p.Limit)
	if err != nil {
		return v, err
	}
	v.OrderList, v.NextOrders = make([]Order, len(orders)), next
	for i, o := range orders {
		v.OrderList[i].Withdrawal = o
		if v.OrderList[i].Keep, err = s.keepOrder(ctx, c, o); err != nil {
			return v, err
		}
	}
	return v, nil
}

// subjectOf is whose case an entry belongs to.
func subjectOf(e lists.Entry) enforcement.Target {
	if e.Account != "" {
		return enforcement.Target{Entity: rules.EntityAccount, Key: e.Account}
	}
	return e.Target
}

// keepBlock says why an entry is left, empty where it is not.
func (s *Service) keepBlock(ctx context.Context, e lists.Entry) (string, error) {
	if !e.LiftedAt.IsZero() {
		return "lifted already by " + e.LiftedBy, nil
	}
	by, err := s.cases.ConfirmedBy(ctx, e.Site, subjectOf(e))
	if err != nil || by == "" {
		return "", err
	}
	return "confirmed by " + by, nil
}

// keepOrder says why an order is left as it is, empty where it is given back.
func (s *Service) keepOrder(ctx context.Context, c enforcement.Cause, o withdrawals.Withdrawal) (string, error) {
	switch o.State {
	case withdrawals.Pending, withdrawals.Withdrawn:
		return s.keepAccount(ctx, c, o.Account)
	case withdrawals.PastCutoff:
		return "was past its cut-off and not taken", nil
	case withdrawals.Gone:
		return "had ended by itself", nil
	case withdrawals.Lost:
		return "its place is gone", nil
	case withdrawals.Reinstating, withdrawals.Reinstated:
		return "given back already", nil
	default:
		return "is " + string(o.State), nil
	}
}

// keepAccount says why the orders of an account are left, empty where they are
// not: somebody confirmed it, or something else denies it still.
func (s *Service) keepAccount(ctx context.Context, c enforcement.Cause, account string) (string, error) {
	by, err := s.cases.ConfirmedBy(ctx, c.Site, enforcement.Target{Entity: rules.EntityAccount, Key: account})
	if err != nil {
		return "", err
	}
	if by != "" {
		return "confirmed by " + by, nil
	}
	f := lists.Filter{Site: c.Site, Kind: enforcement.EntryDeny, Account: account, ActiveAt: s.options.Now()}
	for cursor := ""; ; {
		entries, next, err := s.lists.List(ctx, f, cursor, lists.MaxPage)
		if err != nil {
			return "", err
		}
		for _, e := range entries {
			switch {
			case e.Source == enforcement.EntryByHand:
				return "denied by " + e.Actor + " (entry " + e.ID + ")", nil
			case !c.Includes(e.Rule, e.Ruleset, e.Since):
				return "denied by rule " + e.Rule + " (entry " + e.ID + ")", nil
			}
		}
		if cursor = next; next == "" {
			return "", nil
		}
	}
}

// Get returns one undo with what it has done so far.
func (s *Service) Get(ctx context.Context, site, id string) (Undo, error) {
	u, err := scanUndo(s.db.Read.QueryRowContext(ctx, `SELECT `+undoColumns+` FROM undo_jobs WHERE id = $1 AND site = $2`, id, site))
	if err != nil {
		return u, fmt.Errorf("get undo %q: %w", id, err)
	}
	return s.figures(ctx, u)
}

// List returns the undos of a site without their figures, the newest first, at
// most 100.
func (s *Service) List(ctx context.Context, site string) (list []Undo, err error) {
	rows, err := s.db.Read.QueryContext(ctx, `SELECT `+undoColumns+` FROM undo_jobs WHERE site = $1 ORDER BY id DESC LIMIT 100`, site)
	if err != nil {
		return nil, fmt.Errorf("list undos: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		u, err := scanUndo(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, u)
	}
	return list, rows.Err()
}

// figures counts what an undo has done.
func (s *Service) figures(ctx context.Context, u Undo) (_ Undo, err error) {
	if u.Blocks, err = s.lists.Tally(ctx, u.Cause, u.note()); err != nil {
		return u, err
	}
	if u.Orders, err = s.withdrawals.Count(ctx, u.Cause); err != nil {
		return u, err
	}
	if s.options.Notices != nil {
		if u.Notices, err = s.options.Notices.Count(ctx, u.Cause.Site, u.cause()); err != nil {
			return u, err
		}
	}
	rows, err := s.db.Read.QueryContext(ctx, `SELECT kind, ref, why FROM undo_kept WHERE job_id = $1 ORDER BY kind, ref LIMIT 500`, u.ID)
	if err != nil {
		return u, fmt.Errorf("read what undo %s left: %w", u.ID, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var k Kept
		if err := rows.Scan(&k.Kind, &k.Ref, &k.Why); err != nil {
			return u, fmt.Errorf("read what undo %s left: %w", u.ID, err)
		}
		u.Kept = append(u.Kept, k)
	}
	return u, rows.Err()
}

// patience bounds one look for work.
const patience = 10 * time.Second
