package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"fairgate/ticketing"
)

const allotmentColumns = `SELECT channel_id, pool_id, day, slot, quantity, taken, given_back, release_at, released_at FROM allotments`

func scanAllotment(scan func(...any) error) (ticketing.Allotment, error) {
	var (
		a                 ticketing.Allotment
		release, released int64
	)
	err := scan(&a.Channel, &a.Place.Pool, &a.Place.Date, &a.Place.Slot, &a.Quantity, &a.Taken, &a.GivenBack, &release, &released)
	a.ReleaseAt, a.ReleasedAt = moment(release), moment(released)
	return a, err
}

func (r reader) allotments(ctx context.Context, rest string, args ...any) ([]ticketing.Allotment, error) {
	return list(ctx, r, "read allotments", scanAllotment, allotmentColumns+rest, args...)
}

func (r reader) Allotments(ctx context.Context, pool string, day ticketing.Date) ([]ticketing.Allotment, error) {
	out, err := r.allotments(ctx, ` WHERE pool_id = $1 AND day = $2`, pool, day)
	// Sorted here, because the engines collate text differently.
	slices.SortFunc(out, func(a, b ticketing.Allotment) int {
		if c := strings.Compare(string(a.Place.Slot), string(b.Place.Slot)); c != 0 {
			return c
		}
		return strings.Compare(a.Channel, b.Channel)
	})
	return out, err
}

func (r reader) Allotment(ctx context.Context, channel string, at ticketing.Place) (ticketing.Allotment, error) {
	a, err := scanAllotment(r.q.QueryRowContext(ctx, allotmentColumns+` WHERE pool_id = $1 AND day = $2 AND slot = $3 AND channel_id = $4`,
		at.Pool, at.Date, at.Slot, channel).Scan)
	return a, failed("read allotment", err)
}

func (r reader) DueAllotments(ctx context.Context, now time.Time, limit int) ([]ticketing.Allotment, error) {
	return r.allotments(ctx, ` WHERE released_at = 0 AND release_at > 0 AND release_at <= $1
		ORDER BY release_at, pool_id, day, slot, channel_id LIMIT $2`, millis(now), limit)
}

func (t *tx) PutAllotment(ctx context.Context, a ticketing.Allotment) error {
	old, err := t.Allotment(ctx, a.Channel, a.Place)
	if err != nil && !errors.Is(err, ticketing.ErrNotFound) {
		return err
	}
	if a.Quantity < old.Taken {
		return ticketing.ErrAllotmentTaken
	}
	if err := t.reserve(ctx, a.Place, a.Quantity-old.Taken-old.Left()); err != nil {
		return err
	}
	at := a.Place
	_, err = t.exec(ctx, "put allotment",
		`INSERT INTO allotments (pool_id, day, slot, channel_id, quantity, taken, given_back, release_at, released_at)
		VALUES ($1, $2, $3, $4, $5, 0, 0, $6, 0)
		ON CONFLICT (pool_id, day, slot, channel_id) DO UPDATE SET quantity = excluded.quantity, given_back = 0,
		release_at = excluded.release_at, released_at = 0`, at.Pool, at.Date, at.Slot, a.Channel, a.Quantity, millis(a.ReleaseAt))
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, "note allotments", `UPDATE pools SET allotted = 1, version = version + 1 WHERE id = $1 AND allotted = 0`, at.Pool)
	return err
}

// reserve keeps so many places more for channels, or fewer.
func (t *tx) reserve(ctx context.Context, at ticketing.Place, more int) error {
	day, err := t.day(ctx, at.Pool, at.Date)
	switch {
	case errors.Is(err, ticketing.ErrNotFound):
		return ticketing.ErrDateUnavailable
	case err != nil:
		return err
	case at.Slot == "" && day.slots > 0:
		return ticketing.ErrSlotNeeded
	}
	if at.Slot != "" {
		if _, err := t.SlotEnd(ctx, at); err != nil {
			if errors.Is(err, ticketing.ErrNotFound) {
				return ticketing.ErrSlotUnavailable
			}
			return err
		}
	}
	if more < 0 {
		return t.unreserve(ctx, at, -more, day.staged)
	}
	return t.reserveMore(ctx, at, more, day.staged)
}

// promisedPlaces sums what the stages of a day (of one slot) promise.
const promisedPlaces = `(SELECT COALESCE(sum(p.planned + p.inbound + p.released - p.taken), 0) FROM release_parts p
	WHERE p.pool_id = $1 AND p.day = $2%s)`

// reserveMore takes of what could be booked; on a staged day, of what no stage
// promises, which is withheld already.
func (t *tx) reserveMore(ctx context.Context, at ticketing.Place, more int, staged bool) error {
	set, slotFree, dayFree := `withheld = withheld + $3, reserved = reserved + $3`, `remaining - withheld`, `remaining - withheld`
	if staged {
		set = `reserved = reserved + $3`
		slotFree = `remaining - reserved - ` + fmt.Sprintf(promisedPlaces, ` AND p.slot = $4`)
		dayFree = `remaining - reserved - ` + fmt.Sprintf(promisedPlaces, ``)
	}
	return t.eachLevel(at, func(slot bool) error {
		query, args := `UPDATE pool_days SET version = version + 1, `+set+` WHERE pool_id = $1 AND day = $2 AND `+dayFree+` >= $3`, []any{at.Pool, at.Date, more}
		if slot {
			query = `UPDATE pool_slots SET version = version + 1, ` + set + ` WHERE pool_id = $1 AND day = $2 AND starts = $4 AND ` + slotFree + ` >= $3`
			args = append(args, at.Slot)
		}
		n, err := t.exec(ctx, "reserve places", query, args...)
		if err == nil && n == 0 {
			return ticketing.ErrAllotmentExceeds
		}
		return err
	})
}

// unreserve gives reserved places to general sale: to the last stage of a day
// that has some, at once where it has fired.
func (t *tx) unreserve(ctx context.Context, at ticketing.Place, n int, staged bool) error {
	if n == 0 {
		return nil
	}
	set := `withheld = withheld - $3, reserved = reserved - $3`
	if staged {
		set = `reserved = reserved - $3` // withhold sees to the rest
	}
	if err := t.moveReserved(ctx, at, n, set); err != nil || !staged {
		return err
	}
	var (
		last  int
		fired int64
	)
	err := t.db.QueryRowContext(ctx, `SELECT stage, fired_at FROM release_stages WHERE pool_id = $1 AND day = $2
		ORDER BY stage DESC LIMIT 1`, at.Pool, at.Date).Scan(&last, &fired)
	if err != nil {
		return failed("read last stage", err)
	}
	column := `planned`
	if fired > 0 {
		column = `released`
	}
	err = t.one(ctx, "release reserved places", `UPDATE release_parts SET `+column+` = `+column+` + $5
		WHERE pool_id = $1 AND day = $2 AND slot = $3 AND stage = $4`, at.Pool, at.Date, at.Slot, last, n)
	if err != nil {
		return err
	}
	return t.withhold(ctx, at.Pool, at.Date, true)
}

// moveReserved changes a day, and its slot where there is one.
func (t *tx) moveReserved(ctx context.Context, at ticketing.Place, n int, set string) error {
	return t.eachLevel(at, func(slot bool) error {
		if slot {
			return t.one(ctx, "move reserved places of a slot", `UPDATE pool_slots SET version = version + 1, `+set+
				` WHERE pool_id = $1 AND day = $2 AND starts = $4`, at.Pool, at.Date, n, at.Slot)
		}
		return t.one(ctx, "move reserved places", `UPDATE pool_days SET version = version + 1, `+set+
			` WHERE pool_id = $1 AND day = $2`, at.Pool, at.Date, n)
	})
}

// eachLevel does it for the slot, where there is one, and for the day.
func (t *tx) eachLevel(at ticketing.Place, do func(slot bool) error) error {
	if at.Slot != "" {
		if err := do(true); err != nil {
			return err
		}
	}
	return do(false)
}

func (t *tx) TakeReserved(ctx context.Context, channel string, at ticketing.Place, n int, now time.Time) error {
	taken, err := t.exec(ctx, "take of allotment", `UPDATE allotments SET taken = taken + $5
		WHERE pool_id = $1 AND day = $2 AND slot = $3 AND channel_id = $4 AND quantity - taken - given_back >= $5
		AND released_at = 0 AND (release_at = 0 OR release_at > $6)`, at.Pool, at.Date, at.Slot, channel, n, millis(now))
	if err != nil {
		return err
	}
	if taken == 0 {
		return ticketing.ErrSoldOut
	}
	return t.moveReserved(ctx, at, n, `remaining = remaining - $3, withheld = withheld - $3, reserved = reserved - $3`)
}

func (t *tx) ReturnReserved(ctx context.Context, channel string, at ticketing.Place, n int, now time.Time) (bool, error) {
	back, err := t.exec(ctx, "return to allotment", `UPDATE allotments SET taken = taken - $5
		WHERE pool_id = $1 AND day = $2 AND slot = $3 AND channel_id = $4
		AND released_at = 0 AND (release_at = 0 OR release_at > $6)`, at.Pool, at.Date, at.Slot, channel, n, millis(now))
	if err != nil {
		return false, err
	}
	if back == 0 {
		return false, t.one(ctx, "return past allotment", `UPDATE allotments SET taken = taken - $5, given_back = given_back + $5
			WHERE pool_id = $1 AND day = $2 AND slot = $3 AND channel_id = $4`, at.Pool, at.Date, at.Slot, channel, n)
	}
	return true, t.moveReserved(ctx, at, n, `remaining = remaining + $3, withheld = withheld + $3, reserved = reserved + $3`)
}

func (t *tx) ReleaseAllotment(ctx context.Context, channel string, at ticketing.Place, now time.Time) error {
	a, err := t.Allotment(ctx, channel, at)
	if err != nil || !a.ReleasedAt.IsZero() || a.ReleaseAt.IsZero() || now.Before(a.ReleaseAt) {
		return err
	}
	err = t.one(ctx, "release allotment", `UPDATE allotments SET given_back = quantity - taken, released_at = $5
		WHERE pool_id = $1 AND day = $2 AND slot = $3 AND channel_id = $4`, at.Pool, at.Date, at.Slot, channel, millis(now))
	if err != nil {
		return err
	}
	return t.reserve(ctx, at, -a.Left())
}
