package sqlstore

import (
	"fmt"
	"strings"
)

// statements are the texts that a group of jobs shares. Look-ups ask by a
// subquery for each key, which no planner turns into reading a whole table.
type statements struct {
	orders, leaders, positions, visitors, answers, outbox *insert

	takeOfDays, takeOfSlots, takeOfStages *lookup // change what is left
	known, documents, counts, missed      *lookup // read ahead

	scans, checkInStates, checkInCounts *lookup // a round of check-in
}

func newStatements(d dialect) *statements {
	return &statements{
		orders: newInsert("insert order", `orders (id, account_id, pool_id, day, state, total_fen, request_id, created_at, updated_at,
			hold_expires_at, provisional_until, paid_at, withdrawn_from, withdraw_reason, withdraw_receipt, withdrawn_at, reinstated_at, slot,
			rules_version, channel)`),
		leaders: newInsert("insert leader", `order_leaders (order_id, name_masked, name_sealed, phone_masked, phone_sealed, phone_key)`),
		positions: newInsert("insert positions", `positions (id, order_id, idx, pool_id, day, live, name_masked, name_sealed,
			document_type, document_masked, document_key, document_sealed, phone_sealed,
			product, unit, price_fen, places, secret, adult_id, cancelled_at, stage, phone_key)`),
		visitors: newInsert("insert answers of visitors", `order_answers (order_id, position_id, field, idx, type, label_zh, label_en, value, personal, sealed)`),
		answers:  newInsert("remember answer", `answers (scope, key, fingerprint, result, created_at)`),
		outbox: newInsert("insert events", `outbox (seq, id, type, occurred_at, order_id, account_id, from_account_id,
			pool_id, day, state, positions, channel, request_id, delivered_at)`),

		takeOfDays: newLookup(d, "take places", `UPDATE pool_days SET remaining = remaining - v.column3, version = version + v.column4
			FROM VALUES WHERE pool_id = v.column1 AND day = v.column2 AND remaining - withheld >= v.column3`,
			"TEXT", "TEXT", "BIGINT", "BIGINT"),
		takeOfSlots: newLookup(d, "take places of slots", `UPDATE pool_slots SET remaining = remaining - v.column4, version = version + v.column5
			FROM VALUES WHERE pool_id = v.column1 AND day = v.column2 AND starts = v.column3 AND remaining - withheld >= v.column4`,
			"TEXT", "TEXT", "TEXT", "BIGINT", "BIGINT"),
		takeOfStages: newLookup(d, "take of stages", `UPDATE release_parts SET taken = taken + v.column5
			FROM VALUES WHERE pool_id = v.column1 AND day = v.column2 AND slot = v.column3 AND stage = v.column4 AND released - taken >= v.column5`,
			"TEXT", "TEXT", "TEXT", "BIGINT", "BIGINT"),

		known: newLookup(d, "recall answers", `SELECT v.column1, v.column2 FROM VALUES
			WHERE (SELECT count(*) FROM answers a WHERE a.scope = v.column1 AND a.key = v.column2) > 0`, "TEXT", "TEXT"),
		documents: newLookup(d, "read documents", `SELECT v.column1, v.column2, v.column3 FROM VALUES
			WHERE (SELECT count(*) FROM positions p WHERE p.pool_id = v.column1 AND p.day = v.column2
			AND p.document_key = v.column3 AND p.live = 1) > 0`, "TEXT", "TEXT", "BYTEA"),
		counts: newLookup(d, "count positions", `SELECT v.column1, v.column2, v.column3, (SELECT count(*) FROM orders o
			JOIN positions p ON p.order_id = o.id WHERE o.account_id = v.column1 AND o.pool_id = v.column2
			AND o.day = v.column3 AND p.live = 1) FROM VALUES WHERE v.column1 IS NOT NULL`, "TEXT", "TEXT", "TEXT"),
		missed: newLookup(d, "read no-shows", `SELECT v.column1, v.column2 FROM VALUES
			WHERE (SELECT count(*) FROM no_shows n WHERE n.pool_id = v.column1 AND n.document_key = v.column2) > 0`, "TEXT", "BYTEA"),

		scans: newScans(d), checkInStates: newCheckInStates(d), checkInCounts: newCheckInCounts(d),
	}
}

// casts writes "CAST($1 AS TEXT), CAST($2 AS BIGINT), …".
func casts(first int, types []string) string {
	out := make([]string, len(types))
	for i, t := range types {
		out[i] = fmt.Sprintf("CAST($%d AS %s)", first+i, t)
	}
	return strings.Join(out, ", ")
}
