package sqlstore

import (
	"context"
	"database/sql"
	"fmt"

	"fairgate/ticketing"
)

// sealedColumn is where values of a kind lie: id is unique in the table, and key
// the column of their HMAC that may be missing, where there is one.
type sealedColumn struct{ table, id, column, key string }

func columnOf(kind ticketing.SealedKind) (sealedColumn, error) {
	switch kind {
	case ticketing.SealedAccountPhone:
		return sealedColumn{"accounts", "id", "phone_sealed", ""}, nil
	case ticketing.SealedPositionName:
		return sealedColumn{"positions", "id", "name_sealed", ""}, nil
	case ticketing.SealedPositionDocument:
		return sealedColumn{"positions", "id", "document_sealed", ""}, nil
	case ticketing.SealedPositionPhone:
		return sealedColumn{"positions", "id", "phone_sealed", "phone_key"}, nil
	case ticketing.SealedLeaderName:
		return sealedColumn{"order_leaders", "order_id", "name_sealed", ""}, nil
	case ticketing.SealedLeaderPhone:
		return sealedColumn{"order_leaders", "order_id", "phone_sealed", "phone_key"}, nil
	case ticketing.SealedIdentity:
		return sealedColumn{"wechat_identities", "account_id || ' ' || scope", "sealed", ""}, nil
	case ticketing.SealedAnswer:
		return sealedColumn{"order_answers", "order_id || ' ' || position_id || ' ' || field", "sealed", ""}, nil
	}
	return sealedColumn{}, fmt.Errorf("sealed values of %q: no such kind", kind)
}

// keyed says whether a row needs no key; otherwise selects what was sealed with
// another key than $1, or lacks its HMAC.
func (c sealedColumn) keyed() string {
	if c.key == "" {
		return `1 = 1`
	}
	return c.key + ` IS NOT NULL`
}

func (c sealedColumn) otherwise() string {
	return ` FROM ` + c.table + ` WHERE length(` + c.column + `) > 0 AND (substr(` + c.column + `, 1, 1) <> $1 OR NOT (` + c.keyed() + `))`
}

func (r reader) SealedOtherwise(ctx context.Context, kind ticketing.SealedKind, current byte, after string, limit int) ([]ticketing.Sealed, error) {
	c, err := columnOf(kind)
	if err != nil {
		return nil, err
	}
	var found []ticketing.Sealed
	err = r.each(ctx, "read sealed values", func(rows *sql.Rows) error {
		var (
			v     ticketing.Sealed
			keyed int
		)
		err := rows.Scan(&v.ID, &v.Value, &keyed)
		v.Keyed = keyed == 1
		found = append(found, v)
		return err
	}, `SELECT `+c.id+`, `+c.column+`, CASE WHEN `+c.keyed()+` THEN 1 ELSE 0 END`+c.otherwise()+` AND `+c.id+` > $2 ORDER BY `+c.id+` LIMIT $3`,
		[]byte{current}, after, limit)
	return found, err
}

func (r reader) CountSealedOtherwise(ctx context.Context, kind ticketing.SealedKind, current byte) (int, error) {
	c, err := columnOf(kind)
	if err != nil {
		return 0, err
	}
	var n int
	err = r.q.QueryRowContext(ctx, `SELECT count(*)`+c.otherwise(), []byte{current}).Scan(&n)
	return n, failed("count sealed values", err)
}

func (t *tx) Reseal(ctx context.Context, kind ticketing.SealedKind, v ticketing.Sealed, key []byte) error {
	c, err := columnOf(kind)
	if err != nil {
		return err
	}
	set, args := c.column+` = $3`, []any{v.ID, v.Former, v.Value}
	if key != nil && c.key != "" {
		set, args = set+`, `+c.key+` = $4`, append(args, key)
	}
	_, err = t.exec(ctx, "reseal", `UPDATE `+c.table+` SET `+set+` WHERE `+c.id+` = $1 AND `+c.column+` = $2`, args...)
	return err
}
