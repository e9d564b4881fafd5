package metrics

import (
	"cmp"
	"context"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"fairgate/enforcement"
	"fairgate/enforcement/ledger/database"
)

// accountKey names an account of a site, orderKey one of its orders.
type (
	accountKey struct{ site, account string }
	orderKey   struct{ site, order string }
)

// instant orders what happened, also within a millisecond.
type instant struct {
	ms int64
	id string
}

func (a instant) after(b instant) bool {
	return cmp.Or(cmp.Compare(a.ms, b.ms), cmp.Compare(a.id, b.id)) > 0
}

// request is one of a labelled account, or all that are alike.
type request struct {
	accountKey
	kind, pool, day, order, said string
	at                           instant

	submit, blocked, challenged, reached, accepted, declined bool
}

// order is what became of an accepted submission.
type order struct {
	accountKey
	pool, day               string
	at                      []instant // its submissions
	kept, withdrawn, undone bool
}

// known is what is known of a labelled account.
type known struct {
	verdict enforcement.LabelValue
	behind  string // the operator, or else the account itself
}

type fate struct {
	state string
	final bool
}

// facts are all that the figures of labelled accounts are counted from.
type facts struct {
	accounts map[accountKey]known
	requests []request // refused ones, and those about orders, by account and time
	came     []request // others, of accounts that were challenged
	orders   []order
}

// facts reads them.
func (r *Reader) facts(ctx context.Context, from source, params []any) (facts, error) {
	f := facts{accounts: map[accountKey]known{}}
	var err error
	f.requests, err = database.Read(ctx, r.conn, "requests", from.query(seen), params, func(rows driver.Rows, q *request) error {
		var k known
		err := rows.Scan(&q.site, &q.account, (*string)(&k.verdict), &k.behind, &q.kind, &q.at.ms, &q.at.id, &q.pool, &q.day, &q.order, &q.said,
			(*flag)(&q.submit), (*flag)(&q.blocked), (*flag)(&q.challenged), (*flag)(&q.reached), (*flag)(&q.accepted), (*flag)(&q.declined))
		f.accounts[q.accountKey] = k
		return err
	})
	if err != nil {
		return f, err
	}
	if slices.ContainsFunc(f.requests, func(q request) bool { return q.challenged }) {
		f.came, err = database.Read(ctx, r.conn, "what challenged accounts did", from.query(came), params, func(rows driver.Rows, q *request) error {
			q.reached = true
			return rows.Scan(&q.site, &q.account, &q.kind, &q.pool, &q.at.ms, &q.at.id)
		})
		if err != nil {
			return f, err
		}
	}
	return f, r.readOrders(ctx, from, params, &f)
}

// flag scans ClickHouse's 0 and 1.
type flag bool

// Scan takes a UInt8.
func (f *flag) Scan(value any) error {
	n, _ := value.(uint8)
	*f = n != 0
	return nil
}

func (r *Reader) readOrders(ctx context.Context, from source, params []any, f *facts) error {
	submissions := map[accountKey]map[string]*order{}
	said := map[*order]string{}
	for _, q := range f.requests { // the last one tells
		if !q.accepted || q.order == "" {
			continue
		}
		if submissions[q.accountKey] == nil {
			submissions[q.accountKey] = map[string]*order{}
		}
		o := submissions[q.accountKey][q.order]
		if o == nil {
			o = &order{accountKey: q.accountKey}
			submissions[q.accountKey][q.order] = o
		}
		o.pool, o.day, o.at = q.pool, q.day, append(o.at, q.at)
		said[o] = q.said
	}
	if len(submissions) == 0 {
		return nil
	}
	became := map[orderKey]fate{}
	_, err := database.Read(ctx, r.conn, "what became of orders", from.query(fates), params, func(rows driver.Rows, k *orderKey) error {
		var x fate
		err := rows.Scan(&k.site, &k.order, &x.state, (*flag)(&x.final))
		became[*k] = x
		return err
	})
	if err != nil {
		return err
	}
	for account, all := range submissions {
		for name, o := range all {
			x := became[orderKey{account.site, name}]
			switch state := cmp.Or(x.state, said[o], "held"); state {
			case "withdrawn":
				o.withdrawn, o.undone = true, !x.final
			case "expired", "cancelled", "canceled", "refunded":
			default:
				o.kept = true
			}
			f.orders = append(f.orders, *o)
		}
	}
	return nil
}
