package ticketing

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// maxOrders bounds how many orders one page lists.
const maxOrders = 500

// OrderQuery asks for a page of an account's orders.
type OrderQuery struct {
	States []State // only these; none = all
	After  string  // what the page before gave as next; empty = from the newest on
	Limit  int     // 1 to 500
}

// OrderCursor is the place of an order among an account's, newest first: by when
// it was made, then by id. The zero cursor stands before all of them.
type OrderCursor struct {
	CreatedAt time.Time
	ID        string
}

// String writes the cursor as callers carry it: opaque to them.
func (c OrderCursor) String() string {
	return strconv.FormatInt(c.CreatedAt.UnixMilli(), 36) + "." + c.ID
}

// maxCursor bounds a cursor, in bytes.
const maxCursor = 100

func parseOrderCursor(text string) (OrderCursor, error) {
	if text == "" {
		return OrderCursor{}, nil
	}
	at, id, cut := strings.Cut(text, ".")
	ms, err := strconv.ParseInt(at, 36, 64)
	if err != nil || !cut || id == "" || len(text) > maxCursor {
		return OrderCursor{}, invalidField("after", "want what a page of orders gave as next")
	}
	return OrderCursor{CreatedAt: time.UnixMilli(ms).UTC(), ID: id}, nil
}

// Orders lists an account's orders, newest first. Next is where the following
// page begins, empty on the last.
func (s *Service) Orders(ctx context.Context, account string, q OrderQuery) (orders []Order, next string, err error) {
	for _, state := range q.States {
		if !state.Valid() {
			return nil, "", invalidField("states", "not a state: %q", shorten(string(state)))
		}
	}
	if q.Limit < 1 || q.Limit > maxOrders {
		return nil, "", invalidField("limit", "want 1 to %d, got %d", maxOrders, q.Limit)
	}
	after, err := parseOrderCursor(q.After)
	if err != nil {
		return nil, "", err
	}
	err = s.store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		if orders, err = r.OrdersOf(ctx, account, q.States, after, q.Limit+1); err != nil {
			return err
		}
		next = ""
		if len(orders) > q.Limit { // one more, to know that there is one
			orders = orders[:q.Limit]
			last := orders[q.Limit-1]
			next = OrderCursor{CreatedAt: last.CreatedAt, ID: last.ID}.String()
		}
		if err := withNotices(ctx, r, orders); err != nil {
			return err
		}
		return withAnswers(ctx, r, orders)
	})
	return orders, next, err
}
