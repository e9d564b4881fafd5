package live

import (
	"context"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"fairgate/enforcement/ledger/database"
)

// Second is what was decided in one second.
type Second struct {
	Time      time.Time `json:"time"`
	Allow     uint64    `json:"allow"`
	Challenge uint64    `json:"challenge"`
	Flag      uint64    `json:"flag"`
	Block     uint64    `json:"block"`
}

const seconds = `
SELECT toInt64(toUnixTimestamp(time)) AS second, countIf(action = 'allow'), countIf(action = 'challenge'), countIf(action = 'flag'), countIf(action = 'block')
FROM events FINAL
WHERE site = {site:String} AND time >= {from:DateTime64(3, 'UTC')} AND time < {to:DateTime64(3, 'UTC')} AND kind != 'beacon'
GROUP BY second
ORDER BY second
`

// Seconds counts the decisions of a stretch of at most ten minutes, second by
// second; seconds without any are left out. As everywhere here the last two
// seconds or so are still on their way.
func (r *Reader) Seconds(ctx context.Context, site string, over Stretch) ([]Second, error) {
	params, err := over.params(site, longestTraffic)
	if err != nil {
		return nil, err
	}
	return database.Read(ctx, r.conn, "the decisions by second", seconds, params, func(rows driver.Rows, s *Second) error {
		var unix int64
		err := rows.Scan(&unix, &s.Allow, &s.Challenge, &s.Flag, &s.Block)
		s.Time = time.Unix(unix, 0).UTC()
		return err
	})
}
