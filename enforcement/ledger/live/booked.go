package live

import (
	"context"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"fairgate/enforcement/ledger/database"
)

// Shared is from how many accounts on a device or address counts as one that
// several people's bookings come from.
const Shared = 4

// Booked is what was booked of one pool's day in a stretch of time.
type Booked struct {
	Pool, Day string
	// Orders were accepted, for Places places, by Accounts accounts.
	Orders, Places, Accounts uint64
	// SharedPlaces were booked from a device or an address from which at least
	// Shared accounts booked in the stretch, and SharedAccounts booked them.
	SharedPlaces, SharedAccounts uint64
}

const booked = `
WITH
placed AS (
	SELECT pool, day, account, ip, device, greatest(positions, 1) AS places
	FROM events FINAL
	WHERE site = {site:String} AND time >= {from:DateTime64(3, 'UTC')} AND time < {to:DateTime64(3, 'UTC')}
		AND kind = 'order.submit' AND disposition = 'forwarded' AND status BETWEEN 200 AND 299 AND pool != ''
),
devices AS (SELECT device FROM placed WHERE device != '' GROUP BY device HAVING uniqExact(account) >= {shared:UInt32}),
addresses AS (SELECT ip FROM placed WHERE ip != '' GROUP BY ip HAVING uniqExact(account) >= {shared:UInt32})
SELECT pool, day, count(), sum(places) AS all_places, uniqExact(account),
	sumIf(places, common) AS shared_places, uniqExactIf(account, common)
FROM (SELECT *, device IN (SELECT device FROM devices) OR ip IN (SELECT ip FROM addresses) AS common FROM placed)
GROUP BY pool, day
ORDER BY all_places DESC, pool, day
LIMIT {limit:UInt32}
`

// Booked gives what was booked in a stretch of at most ten minutes, the days
// with most places first, at most 500.
func (r *Reader) Booked(ctx context.Context, site string, over Stretch) ([]Booked, error) {
	params, err := over.params(site, longestTraffic)
	if err != nil {
		return nil, err
	}
	params = append(params, clickhouse.Named("shared", Shared), clickhouse.Named("limit", maxPools))
	return database.Read(ctx, r.conn, "what was booked", booked, params, func(rows driver.Rows, b *Booked) error {
		return rows.Scan(&b.Pool, &b.Day, &b.Orders, &b.Places, &b.Accounts, &b.SharedPlaces, &b.SharedAccounts)
	})
}
