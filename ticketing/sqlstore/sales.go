package sqlstore

import (
	"context"
	"database/sql"

	"fairgate/ticketing"
)

func (r reader) HeldPlaces(ctx context.Context, from ticketing.Date) (map[string]int, error) {
	held := map[string]int{}
	err := r.each(ctx, "count held places", func(rows *sql.Rows) error {
		var pool string
		var n int
		err := rows.Scan(&pool, &n)
		held[pool] = n
		return err
	}, `SELECT p.pool_id, count(*) FROM orders o JOIN positions p ON p.order_id = o.id
		WHERE o.state = 'held' AND p.day >= $1 AND p.live = 1 AND p.places = 1 GROUP BY p.pool_id`, from)
	return held, err
}

func (r reader) NextStages(ctx context.Context, from ticketing.Date) ([]ticketing.StageMoment, error) {
	return r.stageMoments(ctx, `SELECT pool_id, day, stage, release_at, paused,
		ROW_NUMBER() OVER (PARTITION BY pool_id ORDER BY release_at, day, stage) AS place
		FROM release_stages WHERE fired_at = 0 AND day >= $1`, from)
}

func (r reader) LastStages(ctx context.Context, from ticketing.Date) ([]ticketing.StageMoment, error) {
	return r.stageMoments(ctx, `SELECT pool_id, day, stage, fired_at AS release_at, paused,
		ROW_NUMBER() OVER (PARTITION BY pool_id ORDER BY fired_at DESC, day, stage) AS place
		FROM release_stages WHERE fired_at > 0 AND day >= $1`, from)
}

// stageMoments gives the first of each pool's stages.
func (r reader) stageMoments(ctx context.Context, ordered string, from ticketing.Date) ([]ticketing.StageMoment, error) {
	return list(ctx, r, "read when stages fire", func(scan func(...any) error) (ticketing.StageMoment, error) {
		var m ticketing.StageMoment
		var at, paused int64
		err := scan(&m.Pool, &m.Date, &m.No, &at, &paused)
		m.At, m.Paused = moment(at), paused == 1
		return m, err
	}, `SELECT pool_id, day, stage, release_at, paused FROM (`+ordered+`) AS stages WHERE place = 1 ORDER BY pool_id`, from)
}
