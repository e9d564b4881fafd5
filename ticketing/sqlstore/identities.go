package sqlstore

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"fairgate/ticketing"
)

func (r reader) AccountByIdentity(ctx context.Context, scope string, key []byte) (ticketing.Account, error) {
	return r.account(r.q.QueryRowContext(ctx,
		accountColumns+` WHERE id = (SELECT account_id FROM wechat_identities WHERE scope = $1 AND subject = $2)`, scope, key))
}

func (r reader) Identities(ctx context.Context, account string) ([]ticketing.Identity, error) {
	var found []ticketing.Identity
	err := r.each(ctx, "read identities", func(rows *sql.Rows) error {
		var (
			i      ticketing.Identity
			linked int64
		)
		err := rows.Scan(&i.Scope, &i.Key, &i.Sealed, &i.AccountID, &linked)
		i.LinkedAt = moment(linked)
		found = append(found, i)
		return err
	}, `SELECT scope, subject, sealed, account_id, linked_at FROM wechat_identities WHERE account_id = $1`, account)
	// Sorted here, because the engines collate text differently.
	slices.SortFunc(found, func(a, b ticketing.Identity) int { return strings.Compare(a.Scope, b.Scope) })
	return found, err
}

func (t *tx) PutIdentity(ctx context.Context, i ticketing.Identity) error {
	_, err := t.exec(ctx, "put identity",
		`INSERT INTO wechat_identities (scope, subject, sealed, account_id, linked_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (scope, subject) DO UPDATE SET account_id = excluded.account_id, linked_at = excluded.linked_at`,
		i.Scope, i.Key, notNil(i.Sealed), i.AccountID, millis(i.LinkedAt))
	if isUniqueViolation(err) {
		return ticketing.ErrWeChatLinked
	}
	return err
}

func (t *tx) UpdateAccount(ctx context.Context, a ticketing.Account) error {
	err := t.one(ctx, "update account",
		`UPDATE accounts SET phone_key = $2, phone_sealed = $3, phone_masked = $4, password = $5, phone_verified_at = $6 WHERE id = $1`,
		a.ID, phoneKey(a), notNil(a.PhoneSealed), a.PhoneMasked, a.Password, millis(a.PhoneVerifiedAt))
	if isUniqueViolation(err) {
		return ticketing.ErrPhoneTaken
	}
	return err
}

func (t *tx) RevokeSessions(ctx context.Context, account string, at time.Time, except ...string) error {
	args := []any{account, millis(at)}
	kept := ""
	if len(except) > 0 {
		kept, args = in(args, except)
		kept = ` AND id NOT IN ` + kept
	}
	_, err := t.exec(ctx, "revoke sessions", `UPDATE sessions SET revoked_at = $2 WHERE account_id = $1 AND revoked_at = 0`+kept, args...)
	return err
}
