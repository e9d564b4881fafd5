package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"fairgate/ticketing"
)

func (r reader) Days(ctx context.Context, pool string, from ticketing.Date) ([]ticketing.Day, error) {
	var days []ticketing.Day
	err := r.each(ctx, "read days", func(rows *sql.Rows) error {
		var (
			d ticketing.Day
			s ticketing.Slot

			opens int64
		)
		err := rows.Scan(&d.Date, &d.Capacity, &d.Left, &d.Withheld, &d.Reserved, &d.Version, &opens,
			&s.Start, &s.End, &s.Capacity, &s.Left, &s.Withheld, &s.Reserved, &s.Version)
		d.OpensAt = moment(opens)
		if n := len(days); n == 0 || days[n-1].Date != d.Date {
			days = append(days, d)
		}
		if s.Start != "" {
			last := &days[len(days)-1]
			last.Slots = append(last.Slots, s)
		}
		return err
	}, `SELECT d.day, d.capacity, d.remaining - d.withheld, d.withheld, d.reserved, d.version, d.opens_at, COALESCE(s.starts, ''), COALESCE(s.ends, ''),
		COALESCE(s.capacity, 0), COALESCE(s.remaining - s.withheld, 0), COALESCE(s.withheld, 0), COALESCE(s.reserved, 0), COALESCE(s.version, 0)
		FROM pool_days d LEFT JOIN pool_slots s ON s.pool_id = d.pool_id AND s.day = d.day
		WHERE d.pool_id = $1 AND d.day >= $2 ORDER BY d.day, s.starts`, pool, from)
	return days, err
}

func (r reader) StockVersion(ctx context.Context, pool string, today ticketing.Date, now time.Time) (version int64, holdsDue bool, err error) {
	var due int
	// A day that passes is no longer shown, which is a change too.
	err = r.q.QueryRowContext(ctx, `SELECT CAST(
		COALESCE((SELECT version FROM pools WHERE id = $1), 0) +
		COALESCE((SELECT sum(version + CASE WHEN day < $2 THEN 1 ELSE 0 END) FROM pool_days WHERE pool_id = $1), 0) AS BIGINT),
		CASE WHEN EXISTS (SELECT 1 FROM orders WHERE state = 'held' AND hold_expires_at <= $3) THEN 1 ELSE 0 END`,
		pool, today, millis(now)).Scan(&version, &due)
	return version, due == 1, failed("read stock version", err)
}

func (r reader) SlotEnd(ctx context.Context, at ticketing.Place) (ticketing.Clock, error) {
	s, err := r.slot(ctx, at)
	return s.ends, err
}

func (t *tx) PutDay(ctx context.Context, pool string, day ticketing.Date, capacity int) error {
	n, err := t.exec(ctx, "put day",
		`INSERT INTO pool_days (pool_id, day, capacity, remaining, version) VALUES ($1, $2, $3, $3, 1)
		ON CONFLICT (pool_id, day) DO UPDATE SET capacity = excluded.capacity,
		remaining = pool_days.remaining + excluded.capacity - pool_days.capacity, version = pool_days.version + 1,
		withheld = pool_days.withheld + pool_days.staged * (excluded.capacity - pool_days.capacity)
		WHERE pool_days.slots = 0 AND pool_days.remaining + excluded.capacity - pool_days.capacity - pool_days.reserved >= `+fmt.Sprintf(promisedPlaces, ``),
		pool, day, capacity)
	if err != nil || n > 0 {
		return err
	}
	found, err := t.day(ctx, pool, day)
	if err != nil {
		return err
	}
	if found.slots > 0 {
		return ticketing.ErrDayHasSlots
	}
	return found.whyNoLess(found.remaining + capacity - found.capacity)
}

// whyNoLess says which refusal it is when a day cannot have so few free places.
func (d dayRow) whyNoLess(free int) error {
	switch {
	case free < 0:
		return ticketing.ErrCapacityBooked
	case free < d.reserved:
		return ticketing.ErrCapacityReserved
	}
	return ticketing.ErrReleaseExceeds
}

// dayRow is a day as it is stored.
type dayRow struct {
	capacity, remaining, withheld, reserved, slots int
	staged                                         bool
	opens                                          int64
}

func (r reader) day(ctx context.Context, pool string, day ticketing.Date) (dayRow, error) {
	var (
		d      dayRow
		staged int
	)
	err := r.q.QueryRowContext(ctx, `SELECT capacity, remaining, withheld, reserved, slots, staged, opens_at FROM pool_days WHERE pool_id = $1 AND day = $2`, pool, day).
		Scan(&d.capacity, &d.remaining, &d.withheld, &d.reserved, &d.slots, &staged, &d.opens)
	d.staged = staged == 1
	return d, failed("read day", err)
}

func (r reader) slot(ctx context.Context, at ticketing.Place) (slotRow, error) {
	var s slotRow
	err := r.q.QueryRowContext(ctx, `SELECT ends, remaining, withheld FROM pool_slots WHERE pool_id = $1 AND day = $2 AND starts = $3`,
		at.Pool, at.Date, at.Slot).Scan(&s.ends, &s.remaining, &s.withheld)
	return s, failed("read slot", err)
}

func (t *tx) PutSlots(ctx context.Context, pool string, day ticketing.Date, slots []ticketing.Slot) error {
	old, err := t.day(ctx, pool, day)
	switch {
	case errors.Is(err, ticketing.ErrNotFound):
		err = t.PutDay(ctx, pool, day, 0)
	case err == nil && old.staged:
		return ticketing.ErrDayStaged
	case err == nil && old.slots == 0 && old.remaining < old.capacity:
		return ticketing.ErrCapacityBooked // there are bookings that have no slot
	case err == nil && old.slots == 0 && old.reserved > 0:
		return ticketing.ErrCapacityReserved // for channels, without a slot
	}
	if err != nil {
		return err
	}
	if _, err := t.exec(ctx, "mark slots", `UPDATE pool_slots SET version = -version WHERE pool_id = $1 AND day = $2`, pool, day); err != nil {
		return err
	}
	for _, s := range slots {
		n, err := t.exec(ctx, "put slot",
			`INSERT INTO pool_slots (pool_id, day, starts, ends, capacity, remaining, version) VALUES ($1, $2, $3, $4, $5, $5, 1)
			ON CONFLICT (pool_id, day, starts) DO UPDATE SET ends = excluded.ends, capacity = excluded.capacity,
			remaining = pool_slots.remaining + excluded.capacity - pool_slots.capacity, version = 1 - pool_slots.version
			WHERE pool_slots.remaining + excluded.capacity - pool_slots.capacity >= pool_slots.reserved`, pool, day, s.Start, s.End, s.Capacity)
		if err != nil {
			return err
		}
		if n == 0 {
			return t.whyNoLess(ctx, pool, day, s)
		}
	}
	// What is still marked was not named.
	if _, err := t.exec(ctx, "drop slots", `DELETE FROM pool_slots WHERE pool_id = $1 AND day = $2 AND version < 0 AND remaining = capacity AND reserved = 0`, pool, day); err != nil {
		return err
	}
	var kept, booked int
	err = t.db.QueryRowContext(ctx, `SELECT count(*), COALESCE(sum(capacity - remaining), 0) FROM pool_slots
		WHERE pool_id = $1 AND day = $2 AND version < 0`, pool, day).Scan(&kept, &booked)
	if err != nil {
		return failed("read slots", err)
	}
	if booked > 0 {
		return ticketing.ErrCapacityBooked
	}
	if kept > 0 {
		return ticketing.ErrCapacityReserved
	}
	return t.one(ctx, "sum slots", `UPDATE pool_days SET version = version + 1,
		slots = (SELECT count(*) FROM pool_slots s WHERE s.pool_id = $1 AND s.day = $2),
		capacity = (SELECT COALESCE(sum(s.capacity), 0) FROM pool_slots s WHERE s.pool_id = $1 AND s.day = $2),
		remaining = (SELECT COALESCE(sum(s.remaining), 0) FROM pool_slots s WHERE s.pool_id = $1 AND s.day = $2)
		WHERE pool_id = $1 AND day = $2`, pool, day)
}

// whyNoLess says which refusal it is when a slot cannot have so few places.
func (t *tx) whyNoLess(ctx context.Context, pool string, day ticketing.Date, s ticketing.Slot) error {
	var remaining, capacity int
	err := t.db.QueryRowContext(ctx, `SELECT remaining, capacity FROM pool_slots WHERE pool_id = $1 AND day = $2 AND starts = $3`,
		pool, day, s.Start).Scan(&remaining, &capacity)
	if err != nil {
		return failed("read slot", err)
	}
	if remaining+s.Capacity-capacity < 0 {
		return ticketing.ErrCapacityBooked
	}
	return ticketing.ErrCapacityReserved
}

// takeNow takes places at once.
func (t *tx) takeNow(ctx context.Context, at ticketing.Place, n int) ([]int, error) {
	slotless := ` AND slots = 0`
	if at.Slot != "" {
		slotless = ``
		taken, err := t.exec(ctx, "take places of a slot",
			`UPDATE pool_slots SET remaining = remaining - $4, version = version + 1
			WHERE pool_id = $1 AND day = $2 AND starts = $3 AND remaining - withheld >= $4`, at.Pool, at.Date, at.Slot, n)
		if err != nil {
			return nil, err
		}
		if taken == 0 {
			return nil, t.whyNoPlace(ctx, at)
		}
	}
	var staged int
	err := t.db.QueryRowContext(ctx, `UPDATE pool_days SET remaining = remaining - $3, version = version + 1
		WHERE pool_id = $1 AND day = $2 AND remaining - withheld >= $3`+slotless+` RETURNING staged`, at.Pool, at.Date, n).Scan(&staged)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, t.whyNoPlace(ctx, at)
	}
	if err != nil || staged == 0 {
		return nil, failed("take places", err)
	}
	return t.takeStaged(ctx, at, n)
}

// whyNoPlace says which refusal it is when no row had the places asked for.
func (t *tx) whyNoPlace(ctx context.Context, at ticketing.Place) error {
	day, err := t.day(ctx, at.Pool, at.Date)
	if errors.Is(err, ticketing.ErrNotFound) {
		return ticketing.ErrDateUnavailable
	}
	if err != nil {
		return err
	}
	if at.Slot == "" {
		if day.slots > 0 {
			return ticketing.ErrSlotNeeded
		}
		return ticketing.ErrSoldOut
	}
	switch _, err := t.slot(ctx, at); {
	case errors.Is(err, ticketing.ErrNotFound):
		return ticketing.ErrSlotUnavailable
	case err != nil:
		return err
	}
	return ticketing.ErrSoldOut
}

func (t *tx) ReturnPlaces(ctx context.Context, at ticketing.Place, n int) (bool, error) {
	var staged int
	err := t.db.QueryRowContext(ctx, `UPDATE pool_days SET remaining = remaining + $3, withheld = withheld + staged * $3, version = version + 1
		WHERE pool_id = $1 AND day = $2 RETURNING staged`, at.Pool, at.Date, n).Scan(&staged)
	if err != nil || at.Slot == "" {
		return staged == 1, failed("return places", err)
	}
	return staged == 1, t.one(ctx, "return places of a slot",
		`UPDATE pool_slots SET remaining = remaining + $4, withheld = withheld + $5, version = version + 1
		WHERE pool_id = $1 AND day = $2 AND starts = $3`, at.Pool, at.Date, at.Slot, n, staged*n)
}
