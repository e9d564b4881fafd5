package sqlstore

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"
	"time"

	"fairgate/ticketing"
)

// What jobs that foresee their readings read goes past the gate: it is read for
// all of the group's jobs that are still to run, when the first of them asks.

// foreseen gives what is still ahead in the group, with the running job's.
func (t *tx) foreseen() []ticketing.Foresight { return t.ahead[t.running:] }

// readAhead runs a look-up about the keys in args.
func (t *tx) readAhead(ctx context.Context, l *lookup, args []any, scan func(*sql.Rows) error) error {
	if err := l.each(ctx, t.raw, args, scan); err != nil {
		return t.lost(err) // PostgreSQL takes no more statements now
	}
	return nil
}

// once adds a key's values to args, the first time it comes.
func once[K comparable](seen map[K]bool, key K, args *[]any, values ...any) {
	if !seen[key] {
		seen[key] = true
		*args = append(*args, values...)
	}
}

// recalled is the answer of a key, nil if there is none.
func (t *tx) recalled(ctx context.Context, key answerKey) (*ticketing.Answer, error) {
	if a, known := t.persons.answers[key]; known {
		return a, nil
	}
	var args []any
	asked := map[answerKey]bool{}
	once(asked, key, &args, key.scope, key.key)
	for _, f := range t.foreseen() {
		k := answerKey{f.Scope, f.Key}
		if _, known := t.persons.answers[k]; !known && k.key != "" {
			once(asked, k, &args, k.scope, k.key)
		}
	}
	var found []answerKey
	err := t.readAhead(ctx, t.texts.known, args, func(rows *sql.Rows) error {
		var k answerKey
		err := rows.Scan(&k.scope, &k.key)
		found = append(found, k)
		return err
	})
	if err != nil {
		return nil, err
	}
	for k := range asked {
		t.persons.answers[k] = nil
	}
	for _, k := range found {
		a, err := reader{q: t.raw}.recall(ctx, k)
		if err != nil {
			return nil, t.lost(err)
		}
		t.persons.answers[k] = &a
	}
	return t.persons.answers[key], nil
}

// free refuses documents that have a live position on the day.
func (t *tx) free(ctx context.Context, day dayKey, documents []string) error {
	var args []any
	asked := map[documentKey]bool{}
	for _, d := range documents {
		k := documentKey{day, d}
		if _, known := t.persons.documents[k]; !known {
			once(asked, k, &args, k.pool, k.day, []byte(d))
		}
	}
	if len(args) > 0 {
		for _, f := range t.foreseen() {
			for _, d := range f.Documents {
				k := documentKey{dayKey{f.Place.Pool, f.Place.Date}, string(d)}
				if _, known := t.persons.documents[k]; !known {
					once(asked, k, &args, k.pool, k.day, d)
				}
			}
		}
		for k := range asked {
			t.persons.documents[k] = false
		}
		err := t.readAhead(ctx, t.texts.documents, args, func(rows *sql.Rows) error {
			var (
				k   documentKey
				key []byte
			)
			err := rows.Scan(&k.pool, &k.day, &key)
			k.document = string(key)
			t.persons.documents[k] = true
			return err
		})
		if err != nil {
			return err
		}
	}
	for i, d := range documents {
		if t.persons.documents[documentKey{day, d}] || slices.Contains(documents[:i], d) {
			return ticketing.ErrDocumentTaken
		}
	}
	return nil
}

// LivePositions counts with the group's own orders.
func (t *tx) LivePositions(ctx context.Context, account, pool string, day ticketing.Date) (int, error) {
	key := countKey{account, dayKey{pool, day}}
	if n, known := t.persons.counts[key]; known {
		return n, nil
	}
	if t.careful {
		return t.reader.LivePositions(ctx, account, pool, day)
	}
	if err := t.settle(ctx); err != nil { // what is read must hold the group's orders
		return 0, err
	}
	var args []any
	asked := map[countKey]bool{}
	once(asked, key, &args, account, pool, day)
	for _, f := range t.foreseen() {
		k := countKey{f.Account, dayKey{f.Place.Pool, f.Place.Date}}
		if _, known := t.persons.counts[k]; !known && k.account != "" {
			once(asked, k, &args, k.account, k.pool, k.day)
		}
	}
	err := t.readAhead(ctx, t.texts.counts, args, func(rows *sql.Rows) error {
		var (
			k countKey
			n int
		)
		err := rows.Scan(&k.account, &k.pool, &k.day, &n)
		t.persons.counts[k] = n
		return err
	})
	return t.persons.counts[key], err
}

// VisitDays finds the group's own orders too.
func (t *tx) VisitDays(ctx context.Context, pool string, document []byte, days []ticketing.Date) ([]ticketing.Date, error) {
	if t.careful || len(days) == 0 {
		return t.reader.VisitDays(ctx, pool, document, days)
	}
	var asked strings.Builder
	for _, d := range days {
		asked.WriteString(string(d) + " ")
	}
	of := func(d []byte) visitorKey { return visitorKey{pool, string(d)} }
	if visits, known := t.persons.visits[of(document)][asked.String()]; known {
		return among(visits, days), nil
	}
	if err := t.settle(ctx); err != nil {
		return nil, err
	}
	wanted := [][]byte{document}
	for _, f := range t.foreseen() {
		if f.Place.Pool == pool && slices.Contains(days, f.Place.Date) {
			wanted = append(wanted, f.Documents...)
		}
	}
	for part := range slices.Chunk(wanted, mostRows) {
		text, args := visitsOf(t.dialect, pool, part, days)
		err := reader{q: t.raw}.each(ctx, "read visit days", func(rows *sql.Rows) error {
			var (
				d     []byte
				found sql.NullString
			)
			err := rows.Scan(&d, &found)
			visits := []ticketing.Date{}
			for day := range strings.FieldsSeq(found.String) {
				visits = append(visits, ticketing.Date(day))
			}
			if t.persons.visits[of(d)] == nil {
				t.persons.visits[of(d)] = map[string][]ticketing.Date{}
			}
			t.persons.visits[of(d)][asked.String()] = visits
			return err
		}, text, args...)
		if err != nil {
			return nil, t.lost(err)
		}
	}
	return among(t.persons.visits[of(document)][asked.String()], days), nil
}

// among gives the visits that are on one of the days, in order.
func among(visits, days []ticketing.Date) []ticketing.Date {
	var out []ticketing.Date
	for _, v := range visits {
		if slices.Contains(days, v) {
			out = append(out, v)
		}
	}
	slices.Sort(out)
	return out
}

// visitsOf asks for the live days of documents, all of them at once. Days are
// named one by one, so that each is one look into the unique index.
func visitsOf(d dialect, pool string, documents [][]byte, days []ticketing.Date) (text string, args []any) {
	wanted, args := in([]any{pool}, days)
	size := 1
	for size < len(documents) {
		size *= 2
	}
	rows := make([]string, size)
	for i := range rows {
		rows[i] = "(CAST($" + strconv.Itoa(len(args)+1) + " AS BYTEA))"
		args = append(args, documents[min(i, len(documents)-1)])
	}
	return d.translate(`SELECT v.column1, (SELECT string_agg(p.day, ' ') FROM positions p WHERE p.pool_id = $1
		AND p.document_key = v.column1 AND p.live = 1 AND p.day IN ` + wanted + `)
		FROM (VALUES ` + strings.Join(rows, ", ") + `) AS v`), args
}

// NoShows are few: who has some is asked for all, and only these are read.
func (t *tx) NoShows(ctx context.Context, pool string, document []byte) ([]time.Time, error) {
	if t.careful {
		return t.reader.NoShows(ctx, pool, document)
	}
	key := visitorKey{pool, string(document)}
	if missed, known := t.persons.missed[key]; known {
		return missed, nil
	}
	var args []any
	asked := map[visitorKey]bool{}
	once(asked, key, &args, pool, document)
	for _, f := range t.foreseen() {
		for _, d := range f.Documents {
			k := visitorKey{f.Place.Pool, string(d)}
			if _, known := t.persons.missed[k]; !known {
				once(asked, k, &args, k.pool, d)
			}
		}
	}
	var found []visitorKey
	err := t.readAhead(ctx, t.texts.missed, args, func(rows *sql.Rows) error {
		var (
			k visitorKey
			d []byte
		)
		err := rows.Scan(&k.pool, &d)
		k.document = string(d)
		found = append(found, k)
		return err
	})
	if err != nil {
		return nil, err
	}
	for k := range asked {
		t.persons.missed[k] = nil
	}
	for _, k := range found {
		missed, err := reader{q: t.raw}.NoShows(ctx, k.pool, []byte(k.document))
		if err != nil {
			return nil, t.lost(err)
		}
		t.persons.missed[k] = missed
	}
	return t.persons.missed[key], nil
}

// recall reads one answer.
func (r reader) recall(ctx context.Context, key answerKey) (ticketing.Answer, error) {
	var (
		a       ticketing.Answer
		result  string
		created int64
	)
	err := r.q.QueryRowContext(ctx, `SELECT fingerprint, result, created_at FROM answers WHERE scope = $1 AND key = $2`, key.scope, key.key).
		Scan(&a.Fingerprint, &result, &created)
	a.Result, a.At = []byte(result), moment(created)
	return a, failed("recall answer", err)
}
