package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"fairgate/ticketing"
)

func (r reader) Stages(ctx context.Context, pool string, day ticketing.Date) ([]ticketing.Stage, error) {
	var stages []ticketing.Stage
	err := r.each(ctx, "read stages", func(rows *sql.Rows) error {
		var (
			s                        ticketing.Stage
			p                        ticketing.StagePart
			at, delay, paused, fired int64
		)
		err := rows.Scan(&s.No, &at, &s.Quantity, &s.Percent, &s.ReturnsTo, &delay, &paused, &fired,
			&p.Slot, &p.Planned, &p.Released, &p.Taken, &p.Returning)
		s.At, s.FiredAt, s.MaxDelay, s.Paused = moment(at), moment(fired), time.Duration(delay)*time.Millisecond, paused == 1
		if n := len(stages); n == 0 || stages[n-1].No != s.No {
			stages = append(stages, s)
		}
		last := &stages[len(stages)-1]
		last.Parts = append(last.Parts, p)
		return err
	}, `SELECT s.stage, s.release_at, s.quantity, s.percent, s.returns_to, s.max_delay_ms, s.paused, s.fired_at,
		p.slot, p.planned, p.released, p.taken, p.inbound
		FROM release_stages s JOIN release_parts p ON p.pool_id = s.pool_id AND p.day = s.day AND p.stage = s.stage
		WHERE s.pool_id = $1 AND s.day = $2 ORDER BY s.stage, p.slot`, pool, day)
	return stages, err
}

func (r reader) StageCounts(ctx context.Context, pool string, day ticketing.Date) ([]ticketing.StageCount, error) {
	var counts []ticketing.StageCount
	err := r.each(ctx, "count stages", func(rows *sql.Rows) error {
		var c ticketing.StageCount
		err := rows.Scan(&c.Stage, &c.State, &c.Places)
		counts = append(counts, c)
		return err
	}, `SELECT p.stage, o.state, count(*) FROM positions p JOIN orders o ON o.id = p.order_id
		WHERE p.pool_id = $1 AND p.day = $2 AND p.live = 1 AND p.places = 1 GROUP BY p.stage, o.state ORDER BY p.stage, o.state`, pool, day)
	return counts, err
}

func (r reader) DueStages(ctx context.Context, now time.Time, limit int) ([]ticketing.StageKey, error) {
	var due []ticketing.StageKey
	err := r.each(ctx, "read due stages", func(rows *sql.Rows) error {
		var k ticketing.StageKey
		err := rows.Scan(&k.Pool, &k.Date, &k.No)
		due = append(due, k)
		return err
	}, `SELECT pool_id, day, stage FROM release_stages WHERE fired_at = 0 AND paused = 0 AND release_at <= $1
		ORDER BY release_at, pool_id, day, stage LIMIT $2`, millis(now), limit)
	return due, err
}

func (r reader) DueReturns(ctx context.Context, now time.Time, limit int) ([]ticketing.Return, error) {
	var due []ticketing.Return
	err := r.each(ctx, "read due returns", func(rows *sql.Rows) error {
		var (
			b  ticketing.Return
			at int64
		)
		err := rows.Scan(&b.ID, &b.Place.Pool, &b.Place.Date, &b.Place.Slot, &b.To, &at)
		b.DueAt = moment(at)
		due = append(due, b)
		return err
	}, `SELECT r.id, r.pool_id, r.day, r.slot, r.stage, r.due_at FROM release_returns r
		JOIN release_stages s ON s.pool_id = r.pool_id AND s.day = r.day AND s.stage = r.stage
		WHERE r.due_at > 0 AND r.due_at <= $1 AND s.fired_at > 0 AND s.paused = 0 ORDER BY r.due_at, r.id LIMIT $2`, millis(now), limit)
	return due, err
}

func (t *tx) PutStages(ctx context.Context, pool string, day ticketing.Date, stages []ticketing.Stage) error {
	tables := []string{"release_parts", "release_stages"}
	if len(stages) == 0 {
		tables = append(tables, "release_returns")
		if _, err := t.exec(ctx, "forget stages", `UPDATE positions SET stage = 0 WHERE pool_id = $1 AND day = $2 AND stage > 0`, pool, day); err != nil {
			return err
		}
	}
	for _, table := range tables {
		if _, err := t.exec(ctx, "delete "+table, `DELETE FROM `+table+` WHERE pool_id = $1 AND day = $2`, pool, day); err != nil {
			return err
		}
	}
	for _, s := range stages {
		_, err := t.exec(ctx, "insert stage", `INSERT INTO release_stages
			(pool_id, day, stage, release_at, quantity, percent, returns_to, max_delay_ms, paused, fired_at) VALUES `+placeholders(1, 10),
			pool, day, s.No, millis(s.At), s.Quantity, s.Percent, s.ReturnsTo, s.MaxDelay.Milliseconds(), flag(s.Paused), millis(s.FiredAt))
		if err != nil {
			return err
		}
		for _, p := range s.Parts {
			_, err := t.exec(ctx, "insert part", `INSERT INTO release_parts
				(pool_id, day, stage, slot, planned, released, taken, inbound) VALUES `+placeholders(1, 8),
				pool, day, s.No, p.Slot, p.Planned, p.Released, p.Taken, p.Returning)
			if err != nil {
				return err
			}
		}
	}
	return t.withhold(ctx, pool, day, len(stages) > 0)
}

// openPlaces sums what the open stages of a day (of one slot) have left.
const openPlaces = `(SELECT COALESCE(sum(p.released - p.taken), 0) FROM release_parts p
	JOIN release_stages s ON s.pool_id = p.pool_id AND s.day = p.day AND s.stage = p.stage
	WHERE p.pool_id = $1 AND p.day = $2 AND s.fired_at > 0 AND s.paused = 0%s)`

// withhold works out anew what cannot be booked: all that is not left in an
// open stage.
func (t *tx) withhold(ctx context.Context, pool string, day ticketing.Date, staged bool) error {
	if !staged {
		if _, err := t.exec(ctx, "open slots", `UPDATE pool_slots SET withheld = reserved, version = version + 1 WHERE pool_id = $1 AND day = $2`, pool, day); err != nil {
			return err
		}
		return t.one(ctx, "open day", `UPDATE pool_days SET staged = 0, withheld = reserved, version = version + 1 WHERE pool_id = $1 AND day = $2`, pool, day)
	}
	_, err := t.exec(ctx, "withhold places of slots", `UPDATE pool_slots SET version = version + 1, withheld = remaining - `+
		fmt.Sprintf(openPlaces, ` AND p.slot = pool_slots.starts`)+` WHERE pool_id = $1 AND day = $2`, pool, day)
	if err != nil {
		return err
	}
	return t.one(ctx, "withhold places", `UPDATE pool_days SET staged = 1, version = version + 1, withheld = remaining - `+
		fmt.Sprintf(openPlaces, ``)+` WHERE pool_id = $1 AND day = $2`, pool, day)
}

func (t *tx) FireStage(ctx context.Context, key ticketing.StageKey, now time.Time) error {
	n, err := t.exec(ctx, "fire stage", `UPDATE release_stages SET fired_at = $4
		WHERE pool_id = $1 AND day = $2 AND stage = $3 AND fired_at = 0 AND paused = 0 AND release_at <= $4`, key.Pool, key.Date, key.No, millis(now))
	if err != nil || n == 0 {
		return err
	}
	_, err = t.exec(ctx, "release places", `UPDATE release_parts SET released = released + planned, planned = 0
		WHERE pool_id = $1 AND day = $2 AND stage = $3`, key.Pool, key.Date, key.No)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, "time returns", `UPDATE release_returns SET due_at = delay_ms + $4
		WHERE pool_id = $1 AND day = $2 AND stage = $3 AND due_at = 0`, key.Pool, key.Date, key.No, millis(now))
	if err != nil {
		return err
	}
	return t.withhold(ctx, key.Pool, key.Date, true)
}

func (t *tx) QueueReturn(ctx context.Context, r ticketing.Return) error {
	at := r.Place
	if r.From > 0 {
		err := t.one(ctx, "leave stage", `UPDATE release_parts SET taken = taken - 1, released = released - 1
			WHERE pool_id = $1 AND day = $2 AND slot = $3 AND stage = $4`, at.Pool, at.Date, at.Slot, r.From)
		if err != nil {
			return err
		}
	}
	err := t.one(ctx, "return to stage", `UPDATE release_parts SET inbound = inbound + 1
		WHERE pool_id = $1 AND day = $2 AND slot = $3 AND stage = $4`, at.Pool, at.Date, at.Slot, r.To)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, "queue return", `INSERT INTO release_returns (id, pool_id, day, slot, stage, delay_ms, due_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, r.ID, at.Pool, at.Date, at.Slot, r.To, r.Delay.Milliseconds(), millis(r.DueAt))
	return err
}

func (t *tx) LandReturn(ctx context.Context, r ticketing.Return) error {
	n, err := t.exec(ctx, "land return", `DELETE FROM release_returns WHERE id = $1`, r.ID)
	if err != nil || n == 0 {
		return err
	}
	at := r.Place
	err = t.one(ctx, "release returned place", `UPDATE release_parts SET inbound = inbound - 1, released = released + 1
		WHERE pool_id = $1 AND day = $2 AND slot = $3 AND stage = $4`, at.Pool, at.Date, at.Slot, r.To)
	if err != nil {
		return err
	}
	return t.withhold(ctx, at.Pool, at.Date, true)
}

func (t *tx) SetStages(ctx context.Context, o ticketing.Order) error {
	for _, p := range o.Positions {
		if _, err := t.exec(ctx, "set stage", `UPDATE positions SET stage = $2 WHERE id = $1`, p.ID, p.Stage); err != nil {
			return err
		}
	}
	return nil
}

// openParts reads what the open stages have left of a day or slot, the earliest
// first.
func (r reader) openParts(ctx context.Context, at ticketing.Place) ([]openPart, error) {
	var parts []openPart
	err := r.each(ctx, "read open stages", func(rows *sql.Rows) error {
		var p openPart
		err := rows.Scan(&p.stage, &p.left)
		parts = append(parts, p)
		return err
	}, `SELECT p.stage, p.released - p.taken FROM release_parts p
		JOIN release_stages s ON s.pool_id = p.pool_id AND s.day = p.day AND s.stage = p.stage
		WHERE p.pool_id = $1 AND p.day = $2 AND p.slot = $3 AND s.fired_at > 0 AND s.paused = 0 AND p.released > p.taken
		ORDER BY p.stage`, at.Pool, at.Date, at.Slot)
	return parts, err
}

// earliest picks places of the open stages, the earliest first: the stage of
// each, and how many of each stage.
func earliest(parts []openPart, at ticketing.Place, n int) (stages []int, taken []openPart, err error) {
	for _, p := range parts {
		count := min(p.left, n-len(stages))
		if count > 0 {
			taken = append(taken, openPart{p.stage, count})
		}
		for range count {
			stages = append(stages, p.stage)
		}
	}
	if len(stages) < n {
		return nil, nil, fmt.Errorf("stages of pool %q on %s do not add up to what it has left", at.Pool, at.Date)
	}
	return stages, taken, nil
}

// takeStaged takes places of the open stages, the earliest first, and says
// which stage each is from.
func (t *tx) takeStaged(ctx context.Context, at ticketing.Place, n int) ([]int, error) {
	parts, err := t.openParts(ctx, at)
	if err != nil {
		return nil, err
	}
	stages, taken, err := earliest(parts, at, n)
	if err != nil {
		return nil, err
	}
	for _, p := range taken {
		err := t.one(ctx, "take of stage", `UPDATE release_parts SET taken = taken + $5
			WHERE pool_id = $1 AND day = $2 AND slot = $3 AND stage = $4`, at.Pool, at.Date, at.Slot, p.stage, p.left)
		if err != nil {
			return nil, err
		}
	}
	return stages, nil
}
