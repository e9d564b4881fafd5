package sqlstore

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"fairgate/ticketing"
)

// tx implements ticketing.Tx for the jobs of one grouped transaction. Its own
// methods gather what they write and share what they read; whatever is asked
// of db goes through the gate, sees all of it, and is undone with its job.
type tx struct {
	reader          // through the gate
	db      querier // through the gate
	raw     querier // past it: sees what has been written
	dialect dialect
	texts   *statements
	now     time.Time

	stock   *stock
	persons *persons
	pending pending
	ahead   []ticketing.Foresight // of all jobs, in their order
	careful bool                  // gather nothing: each job alone, in its savepoint

	running int   // the job, in the order of ahead
	base    marks // what was pending when it began
	undo    []func()
	saved   bool // it has its savepoint
	single  int  // jobs that had one

	changed bool  // there is something to commit
	broken  error // why the transaction cannot be used any more
}

var _ ticketing.Tx = (*tx)(nil)

// exec runs a statement and says how many rows it touched.
func (t *tx) exec(ctx context.Context, doing, query string, args ...any) (int64, error) {
	result, err := t.db.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, failed(doing, err)
	}
	n, err := result.RowsAffected()
	return n, failed(doing, err)
}

// one runs a statement that must touch a row; none means ErrNotFound.
func (t *tx) one(ctx context.Context, doing, query string, args ...any) error {
	n, err := t.exec(ctx, doing, query, args...)
	if err == nil && n == 0 {
		return ticketing.ErrNotFound
	}
	return err
}

func (t *tx) InsertAccount(ctx context.Context, a ticketing.Account) error {
	_, err := t.exec(ctx, "insert account",
		`INSERT INTO accounts (id, phone_key, phone_sealed, phone_masked, password, created_at, phone_verified_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		a.ID, phoneKey(a), notNil(a.PhoneSealed), a.PhoneMasked, a.Password, millis(a.CreatedAt), millis(a.PhoneVerifiedAt))
	if isUniqueViolation(err) {
		return ticketing.ErrPhoneTaken
	}
	return err
}

func (t *tx) InsertSession(ctx context.Context, s ticketing.Session) error {
	_, err := t.exec(ctx, "insert session",
		`INSERT INTO sessions (id, account_id, created_at, expires_at, revoked_at, channel) VALUES ($1, $2, $3, $4, $5, $6)`,
		s.ID, s.AccountID, millis(s.CreatedAt), millis(s.ExpiresAt), millis(s.RevokedAt), s.Channel)
	return err
}

func (t *tx) RevokeSession(ctx context.Context, id string, at time.Time) error {
	_, err := t.exec(ctx, "revoke session", `UPDATE sessions SET revoked_at = $2 WHERE id = $1 AND revoked_at = 0`, id, millis(at))
	return err
}

func (t *tx) PutPool(ctx context.Context, p ticketing.Pool) error {
	products, err := json.Marshal(append([]ticketing.Product{}, p.Products...))
	if err != nil {
		return fmt.Errorf("put pool: %w", err)
	}
	rules, err := json.Marshal(p.Rules)
	if err != nil {
		return fmt.Errorf("put pool: %w", err)
	}
	activity, err := json.Marshal(p.Activity)
	if err != nil {
		return fmt.Errorf("put pool: %w", err)
	}
	_, err = t.exec(ctx, "put pool",
		`INSERT INTO pools (id, name, price_fen, limit_per_order, hold_ms, cutoff_ms, opens_at, products, rules, kind, name_en, activity, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, price_fen = excluded.price_fen, limit_per_order = excluded.limit_per_order,
		hold_ms = excluded.hold_ms, cutoff_ms = excluded.cutoff_ms, opens_at = excluded.opens_at,
		products = excluded.products, rules = excluded.rules, kind = excluded.kind, name_en = excluded.name_en, activity = excluded.activity,
		version = pools.version + 1`,
		p.ID, p.Name, p.PriceFen, p.LimitPerOrder, p.Hold.Milliseconds(), p.Cutoff.Milliseconds(), millis(p.OpensAt),
		string(products), string(rules), p.Kind, p.NameEN, string(activity))
	return err
}

// insertNow writes an order at once.
func (t *tx) insertNow(ctx context.Context, o ticketing.Order) error {
	if err := t.texts.orders.write(ctx, t.db, orderValues(o)); err != nil {
		return err
	}
	if err := t.texts.leaders.write(ctx, t.db, leaderValues(o)); err != nil {
		return err
	}
	return t.insertPositions(ctx, o)
}

func orderValues(o ticketing.Order) []any {
	return []any{
		o.ID, o.AccountID, o.Pool, o.Date, o.State, o.TotalFen, o.RequestID, millis(o.CreatedAt), millis(o.UpdatedAt), millis(o.HoldExpiresAt),
		millis(o.ProvisionalUntil), millis(o.PaidAt), o.Withdrawal.From, o.Withdrawal.ReasonCode, o.Withdrawal.Receipt,
		millis(o.Withdrawal.At), millis(o.ReinstatedAt), o.Slot, o.RulesVersion, o.Channel,
	}
}

// leaderValues is nothing for an order that nobody leads.
func leaderValues(o ticketing.Order) []any {
	if o.Leader.NameMasked == "" {
		return nil
	}
	return []any{o.ID, o.Leader.NameMasked, notNil(o.Leader.NameSealed), o.Leader.PhoneMasked, notNil(o.Leader.PhoneSealed), o.Leader.PhoneKey}
}

func positionValues(o ticketing.Order) []any {
	const columns = 22
	values := make([]any, 0, columns*len(o.Positions))
	for i, p := range o.Positions {
		values = append(values, p.ID, o.ID, i, o.Pool, o.Date, flag(o.State.Live()), p.NameMasked, p.NameSealed,
			p.DocumentType, p.DocumentMasked, p.DocumentKey, p.DocumentSealed, notNil(p.PhoneSealed),
			p.Product, p.Unit, p.PriceFen, p.Places, p.Secret, p.AdultID, 0, p.Stage, p.PhoneKey)
	}
	return values
}

func (t *tx) insertPositions(ctx context.Context, o ticketing.Order) error {
	return taken(t.texts.positions.write(ctx, t.db, positionValues(o)))
}

func (t *tx) UpdateOrder(ctx context.Context, o ticketing.Order) error {
	err := t.one(ctx, "update order",
		`UPDATE orders SET account_id = $2, day = $3, state = $4, updated_at = $5, hold_expires_at = $6, provisional_until = $7, paid_at = $8,
		withdrawn_from = $9, withdraw_reason = $10, withdraw_receipt = $11, withdrawn_at = $12, reinstated_at = $13, slot = $14, total_fen = $15 WHERE id = $1`,
		o.ID, o.AccountID, o.Date, o.State, millis(o.UpdatedAt), millis(o.HoldExpiresAt), millis(o.ProvisionalUntil), millis(o.PaidAt),
		o.Withdrawal.From, o.Withdrawal.ReasonCode, o.Withdrawal.Receipt, millis(o.Withdrawal.At), millis(o.ReinstatedAt), o.Slot, o.TotalFen)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, "update positions", `UPDATE positions SET day = $2, live = $3 WHERE order_id = $1 AND cancelled_at = 0`, o.ID, o.Date, flag(o.State.Live()))
	return taken(err)
}

func (t *tx) ReplacePositions(ctx context.Context, o ticketing.Order) error {
	if err := t.one(ctx, "delete positions", `DELETE FROM positions WHERE order_id = $1 AND cancelled_at = 0`, o.ID); err != nil {
		return err
	}
	return t.insertPositions(ctx, o)
}

func (t *tx) CancelPositions(ctx context.Context, order string, positions []string, at time.Time) error {
	args := []any{order, millis(at)}
	for _, id := range positions {
		args = append(args, id)
	}
	return t.one(ctx, "cancel positions", `UPDATE positions SET live = 0, cancelled_at = $2
		WHERE order_id = $1 AND cancelled_at = 0 AND id IN `+placeholders(3, len(positions)), args...)
}

// notNil keeps an absent value from becoming NULL.
func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// taken turns the unique index on positions into its refusal.
func taken(err error) error {
	if isUniqueViolation(err) {
		return ticketing.ErrDocumentTaken
	}
	return err
}

func (t *tx) Append(_ context.Context, e ticketing.Event) error {
	t.pending.events = append(t.pending.events, e)
	return nil
}

// flushEvents reserves numbers for the gathered events and writes them.
func (t *tx) flushEvents(ctx context.Context) error {
	events := t.pending.events
	if len(events) == 0 {
		return nil
	}
	t.changed = true
	var last int64
	err := t.raw.QueryRowContext(ctx, `UPDATE writer_turn SET last_seq = last_seq + $1 WHERE id = 1 RETURNING last_seq`, len(events)).Scan(&last)
	if err != nil {
		return unavailable("reserve numbers", err)
	}
	first := last - int64(len(events)) + 1
	var values []any
	for i, e := range events {
		values = append(values, first+int64(i), e.ID, e.Type, millis(e.OccurredAt.Time), e.OrderID, e.AccountID, e.FromAccountID,
			e.Pool, e.Date, e.State, e.Positions, e.Channel, e.RequestID, 0)
	}
	t.pending.events = nil
	return t.texts.outbox.write(ctx, t.raw, values)
}

func (t *tx) Forget(ctx context.Context, answersBefore, sessionsBefore, eventsBefore time.Time) error {
	if _, err := t.exec(ctx, "forget answers", `DELETE FROM answers WHERE created_at < $1`, millis(answersBefore)); err != nil {
		return err
	}
	if _, err := t.exec(ctx, "forget sessions", `DELETE FROM sessions WHERE expires_at < $1`, millis(sessionsBefore)); err != nil {
		return err
	}
	_, err := t.exec(ctx, "forget events", `DELETE FROM outbox WHERE delivered_at > 0 AND occurred_at < $1`, millis(eventsBefore))
	return err
}
