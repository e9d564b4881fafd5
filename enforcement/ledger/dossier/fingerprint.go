package dossier

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// ErrUnknownFingerprint means that nothing of the period was seen with it.
var ErrUnknownFingerprint = errors.New("nothing was seen with this fingerprint")

// Bounds of a fingerprint's answer.
const (
	maxUsers  = 200
	maxFacets = 12 // of one kind
)

// Fingerprint is what was seen with a device, or with a family or imprint that
// many devices may have.
type Fingerprint struct {
	ID string `json:"id"`
	// Users are the accounts that were seen with it, the last seen first, at
	// most 200.
	Users []User `json:"accounts"`
	// Facets are what its requests looked like, the most frequent first, at most
	// 12 of a kind.
	Facets []Facet `json:"facets"`
}

// User is an account that was seen with a fingerprint.
type User struct {
	Account  string    `json:"account"`
	First    time.Time `json:"first_seen_at"`
	Last     time.Time `json:"last_seen_at"`
	Requests uint64    `json:"requests"`
	Orders   uint64    `json:"order_requests"` // that asked for a place
}

// Facet is one value of one trait.
type Facet struct {
	Kind     string `json:"kind" enum:"device,imprint,family,user_agent,tls,headers,network,operator,language"`
	Value    string `json:"value"`
	Accounts uint64 `json:"accounts"`
	Requests uint64 `json:"requests"`
}

const fingerprintWhere = `
WHERE site = {site:String} AND time >= {from:DateTime64(3, 'UTC')} AND (device = {id:String} OR imprint = {id:String} OR family = {id:String})`

const usersText = `
SELECT account, min(time), max(time) AS last, uniq(id), uniqIf(id, kind = 'order.submit')
FROM events` + fingerprintWhere + ` AND account != ''
GROUP BY account ORDER BY last DESC, account LIMIT {most:UInt32}
`

const facetsText = `
SELECT facet.1 AS trait, facet.2 AS value, uniqIf(account, account != ''), uniq(id) AS requests
FROM (
	SELECT id, account, arrayJoin([('device', device), ('imprint', imprint), ('family', family), ('user_agent', user_agent), ('tls', tls),
		('headers', headers), ('network', subnet), ('operator', as_org), ('language', language)]::Array(Tuple(String, String))) AS facet
	FROM events` + fingerprintWhere + `
)
WHERE value != ''
GROUP BY trait, value
ORDER BY trait, requests DESC, value
LIMIT {facets:UInt32} BY trait
`

// Fingerprint tells who was seen with a device, imprint or family in the last
// days. It fails with ErrUnknownFingerprint, ErrBadInput, or when the ledger
// cannot be read.
func (r *Reader) Fingerprint(ctx context.Context, site, id string, days int) (Fingerprint, error) {
	from, err := r.since(days)
	if err != nil {
		return Fingerprint{}, err
	}
	if id == "" {
		return Fingerprint{}, fmt.Errorf("%w: the id is empty", ErrBadInput)
	}
	params := []any{
		clickhouse.Named("site", site), clickhouse.Named("id", id), moment("from", from),
		clickhouse.Named("most", uint32(maxUsers)), clickhouse.Named("facets", uint32(maxFacets)),
	}
	f := Fingerprint{ID: id}
	f.Facets, err = read(ctx, r.conn, "a fingerprint", facetsText, params, func(rows driver.Rows, x *Facet) error {
		return rows.Scan(&x.Kind, &x.Value, &x.Accounts, &x.Requests)
	})
	if err != nil {
		return Fingerprint{}, err
	}
	if len(f.Facets) == 0 {
		return Fingerprint{}, fmt.Errorf("%w: %q", ErrUnknownFingerprint, id)
	}
	f.Users, err = read(ctx, r.conn, "the accounts of a fingerprint", usersText, params, func(rows driver.Rows, u *User) error {
		err := rows.Scan(&u.Account, &u.First, &u.Last, &u.Requests, &u.Orders)
		u.First, u.Last = u.First.UTC(), u.Last.UTC()
		return err
	})
	return f, err
}
