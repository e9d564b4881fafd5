package cases_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/cases"
	"fairgate/ingest"
	"fairgate/ingest/sqldb"
)

// tables of the review queue, with their columns.
var tables = map[string][]string{
	"cases": {"key", "reason"}, "case_evidence": {"body"}, "case_accounts": {"account"}, "case_notes": {"body"},
	"case_previews": {"body"}, "case_raises": {"account"}, "audit_sample": {"account"}, "opinions": {"note"},
	"labels": {"account", "operator", "reason"},
}

// naming counts the rows that name an account, by table.
func (f *fixture) naming(t *testing.T, account string) map[string]int {
	t.Helper()
	found := map[string]int{}
	for table, columns := range tables {
		for _, column := range columns {
			var n int
			require.NoError(t, f.db.Read.QueryRowContext(t.Context(),
				fmt.Sprintf(`SELECT COUNT(*) FROM %s WHERE REPLACE(%s, $1, '') <> %s`, table, column, column), account).Scan(&n))
			if n > 0 {
				found[table] += n
			}
		}
	}
	return found
}

func TestAnErasedAccountLeavesTheQueue(t *testing.T) {
	const account = "account-0001"
	each(t, func(t *testing.T, f *fixture) {
		consider := func(accounts ...string) {
			for _, a := range accounts {
				require.NoError(t, sampler(t, f, all(0.0001)).Consider(t.Context(), []enforcement.Considered{considered(a, ingest.Block, 90)}))
			}
		}
		consider(account, "other")
		require.NoError(t, f.Record(t.Context(), []enforcement.Finding{
			finding(1, account, ingest.Block, "odd"), finding(2, "other", ingest.Flag, "odd"),
		}))
		c, other := f.open(t, account), f.open(t, "other")
		require.NoError(t, f.Judge(t.Context(), c.ID, "ann", enforcement.LabelHuman, "the family of "+account))
		require.NoError(t, f.Judge(t.Context(), other.ID, "ann", enforcement.LabelUnknown, "travels with "+account))
		require.NoError(t, f.Add(t.Context(), []enforcement.Label{{
			Time: start, Site: "museum", Account: "other", Operator: account, Value: enforcement.LabelHuman, Source: enforcement.SourceReport, Actor: "ann", Reason: "with " + account,
		}}))
		_, err := f.Preview(t.Context(), "museum", []string{c.ID}, cases.DecideClear, 0, "ann")
		require.NoError(t, err)
		_, err = f.Confirm(t.Context(), c.ID, "ann", "sold for "+account)
		require.NoError(t, err)
		_, err = f.Decide(t.Context(), c.ID, cases.Decision{Verb: cases.DecideClear, Version: 0, Reason: "but " + account, Actor: "bob"})
		require.ErrorIs(t, err, cases.ErrDecided)
		for _, id := range []string{c.ID, other.ID} {
			_, err = f.db.Write.ExecContext(t.Context(), `INSERT INTO case_accounts (case_id, account, why, at) VALUES ($1, $2, 'linked', $3)`,
				id, account, sqldb.Millis(start))
			require.NoError(t, err)
		}
		before := f.naming(t, account)
		for table := range tables {
			assert.NotZero(t, before[table], table)
		}

		e := enforcement.Erasure{Site: "museum", Account: account, Pseudonym: "p-of-it"}
		require.NoError(t, f.Erase(t.Context(), e))
		assert.Empty(t, f.naming(t, account))
		consider(account) // by what was under way, in the same week
		e.Last = true
		for range 2 {
			require.NoError(t, f.Erase(t.Context(), e))
			assert.Empty(t, f.naming(t, account))
		}
		stood := f.naming(t, e.Pseudonym)
		assert.Equal(t, map[string]int{"audit_sample": 1, "opinions": 3, "labels": 3}, stood, "what others' figures rest on stays, without a name")
		kept := f.naming(t, "other")
		assert.Positive(t, kept["cases"]*kept["audit_sample"]*kept["labels"])
		for _, task := range f.queue(t, "zoe") {
			assert.NotContains(t, task.Target.Key, "p-of-it", "nobody has to judge who is gone")
		}
		require.ErrorIs(t, f.Erase(t.Context(), enforcement.Erasure{Site: "museum", Account: strings.Repeat("x", 5000), Pseudonym: "p"}), enforcement.ErrBadErasure)
	})
}
