package sqlstore_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"database/sql"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/document"
	"fairgate/ticketing/sqlstore"
)

// personal lists every column that holds personal data, sealed, masked, keyed
// or plain, with what says whose it is.
func personal() map[string][]string {
	return map[string][]string{
		"accounts":          {"phone_key", "phone_sealed", "phone_masked", "password"},
		"positions":         {"name_sealed", "document_key", "document_sealed", "phone_sealed", "phone_key"},
		"order_leaders":     {"name_masked", "name_sealed", "phone_masked", "phone_sealed", "phone_key"},
		"no_shows":          {"document_key"},
		"messages":          {"phone_key", "sealed"},
		"phone_codes":       {"phone_key", "mac"},
		"wechat_identities": {"subject", "sealed"},
		"reveals":           {"reason"},
	}
}

// kept reads every value of the personal columns as the engine's bytes.
func kept(t *testing.T, dsn string) map[string][]byte {
	t.Helper()
	db := rawDB(t, dsn)
	out := map[string][]byte{}
	for table, columns := range personal() {
		for _, column := range columns {
			for n, value := range column0(t, db, `SELECT `+column+` FROM `+table) {
				if len(value) > 0 {
					out[fmt.Sprintf("%s.%s[%d]", table, column, n)] = value
				}
			}
		}
	}
	return out
}

// column0 reads the first column of every row.
func column0(t *testing.T, db *sql.DB, query string) [][]byte {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	require.NoError(t, err)
	defer func() { assert.NoError(t, rows.Close()) }()
	var out [][]byte
	for rows.Next() {
		var value []byte
		require.NoError(t, rows.Scan(&value))
		out = append(out, value)
	}
	require.NoError(t, rows.Err())
	return out
}

// everything is all that the engine keeps: the bytes of SQLite's files, or every
// row of every table of PostgreSQL as text.
func everything(t *testing.T, dsn string) []byte {
	t.Helper()
	var all bytes.Buffer
	if path, lite := strings.CutPrefix(dsn, "sqlite:"); lite {
		for _, suffix := range []string{"", "-wal", "-journal"} {
			content, err := os.ReadFile(path + suffix)
			if err != nil {
				require.ErrorIs(t, err, os.ErrNotExist)
			}
			all.Write(content)
		}
		return all.Bytes()
	}
	db := rawDB(t, dsn)
	names := column0(t, db, `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()`)
	require.NotEmpty(t, names)
	for _, name := range names {
		for _, text := range column0(t, db, `SELECT CAST(r.* AS text) FROM `+string(name)+` r`) {
			all.Write(append(text, '\n'))
		}
	}
	return all.Bytes()
}

// found reports whether a value is in what the engine keeps, as it is or in
// hexadecimal.
func found(all, value []byte) bool {
	return bytes.Contains(all, value) || bytes.Contains(all, []byte(hex.EncodeToString(value)))
}

// museum is a service on a store, with a clock that the test sets.
type museum struct {
	*ticketing.Service
	store *sqlstore.Store
	now   atomic.Int64 // Unix ms
}

func (m *museum) pass(d time.Duration) { m.now.Add(d.Milliseconds()) }

func newMuseum(t *testing.T, dsn string) *museum {
	t.Helper()
	m := &museum{store: open(t, dsn)}
	m.now.Store(time.Date(2026, 5, 1, 4, 0, 0, 0, time.UTC).UnixMilli())
	var err error
	m.Service, err = ticketing.NewService(m.store, ticketing.Keys{
		Encryption: [][]byte{bytes.Repeat([]byte{1}, 32)}, Lookup: bytes.Repeat([]byte{2}, 32),
		Session: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{3}, 32)),
	}, func() time.Time { return time.UnixMilli(m.now.Load()) }, ticketing.Options{
		PasswordCost: ticketing.PasswordCost{MemoryKiB: 8, Passes: 1, Lanes: 1}, Codes: &ticketing.CodeOptions{}, Scrubber: m.store,
	})
	require.NoError(t, err)
	return m
}

const day = 24 * time.Hour

// plain is what people typed.
var plain = []string{"Anneliese Q", "13912345678", "+8613912345678", "P1234567", "李雷雷", "13787654321", "13811112222", "correct horse", "奶奶的轮椅"}

// fill writes every kind of personal data and returns the account and its
// orders: visited with a group and cancelled.
func (m *museum) fill(t *testing.T) (account string, visited, cancelled ticketing.Order) {
	t.Helper()
	ctx := t.Context()
	_, err := m.PutPool(ctx, ticketing.Call{}, ticketing.PoolChange{
		Pool: ticketing.Pool{ID: "main", Name: "Main hall", LimitPerOrder: 5, Hold: time.Minute, Cutoff: time.Hour},
		Days: []ticketing.DayCapacity{{Date: "2026-05-10", Capacity: 9}, {Date: "2026-05-11", Capacity: 9}},
		Products: &[]ticketing.Product{
			{ID: "group", Name: "Group", Kind: ticketing.ProductGroup, Persons: 1, Places: 1}, {ID: "one", Name: "One", Kind: ticketing.ProductSingle, Persons: 1, Places: 1},
		},
	})
	require.NoError(t, err)
	a, err := m.Register(ctx, ticketing.Call{IdempotencyKey: "k"}, plain[6], plain[7])
	require.NoError(t, err)
	people := []ticketing.Visitor{
		{Name: plain[0], Phone: plain[1], Type: document.Passport, Number: plain[3], Nationality: "GBR"},
		{Name: plain[0], Type: document.Passport, Number: "P7654321", Nationality: "GBR"},
	}
	visited, err = m.BookGroup(ctx, ticketing.Call{IdempotencyKey: "g"}, a.ID, ticketing.GroupBooking{
		Pool: "main", Date: "2026-05-10", Product: "group", LeaderName: plain[4], LeaderPhone: plain[5], People: people,
	})
	require.NoError(t, err)
	people[0].Product = "one"
	cancelled, err = m.Book(ctx, ticketing.Call{IdempotencyKey: "b"}, a.ID, ticketing.Booking{Pool: "main", Date: "2026-05-11", Visitors: people[:1]})
	require.NoError(t, err)
	cancelled, err = m.Cancel(ctx, ticketing.Call{}, a.ID, cancelled.ID)
	require.NoError(t, err)
	require.NoError(t, m.RequestCode(ctx, ticketing.Call{}, plain[6], ticketing.PurposeSignIn))
	_, err = m.Reveal(ctx, ticketing.Call{Actor: "wang"}, ticketing.RevealRequest{
		Order: visited.ID, Fields: []ticketing.RevealField{ticketing.RevealName}, Reason: plain[8],
	})
	require.NoError(t, err)
	require.NoError(t, m.store.Update(ctx, func(ctx context.Context, tx ticketing.Tx) error {
		return tx.PutIdentity(ctx, ticketing.Identity{Scope: "open:app", Key: bytes.Repeat([]byte{7}, 32), Sealed: bytes.Repeat([]byte{8}, 48), AccountID: a.ID})
	}))
	return a.ID, visited, cancelled
}

// run has the due jobs run to their end.
func (m *museum) run(t *testing.T) {
	t.Helper()
	require.NoError(t, m.PlanJobs(t.Context()))
	for {
		n, err := m.RunDue(t.Context())
		require.NoError(t, err)
		if n == 0 {
			return
		}
	}
}

// TestErasureLeavesNothingBehind erases everything that time and a request
// erase, and looks for every former value in all that the engine keeps.
func TestErasureLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	for name, dsn := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, target := t.Context(), dsn(t)
			m := newMuseum(t, target)
			account, visited, cancelled := m.fill(t)
			m.pass(10 * day)
			require.NoError(t, m.RecordNoShow(ctx, ticketing.Call{}, visited.Positions[0].ID))
			before := kept(t, target)
			require.Greater(t, len(before), 20)
			for place, value := range before {
				require.True(t, found(everything(t, target), value), "the search finds %s while it is there", place)
			}

			m.pass(190 * day) // visited 199 days ago, shown 200 days ago, no-show 190 days ago
			_, err := m.Reveal(ctx, ticketing.Call{Actor: "wang"}, ticketing.RevealRequest{
				Order: visited.ID, Fields: []ticketing.RevealField{ticketing.RevealName}, Reason: "the newest entry",
			})
			require.NoError(t, err)
			m.pass(time.Hour)
			due, err := m.ErasureDue(ctx)
			require.NoError(t, err)
			assert.Equal(t, map[ticketing.ErasureKind]int{
				ticketing.ErasePositions: 3, ticketing.EraseLeaders: 1, ticketing.EraseAnswers: 0, ticketing.EraseNoShows: 1, ticketing.EraseMessages: 1, ticketing.EraseReveals: 1,
			}, due, "counted before anything is done")
			m.run(t)
			due, err = m.ErasureDue(ctx)
			require.NoError(t, err)
			for kind, n := range due {
				assert.Zero(t, n, kind)
			}
			_, err = m.Account(t, account)
			require.NoError(t, err)
			require.NoError(t, m.EraseAccount(ctx, ticketing.Call{Actor: "wang"}, account, "asked by letter"))

			all := everything(t, target)
			for place, value := range before {
				assert.False(t, found(all, value), "%s is still there", place)
			}
			for _, typed := range plain {
				assert.False(t, found(all, []byte(typed)), typed)
			}
			stays, err := m.Order(ctx, account, visited.ID)
			require.NoError(t, err)
			assert.Equal(t, ticketing.StateProvisional, stays.State, "nothing else of it changed")
			assert.Len(t, stays.Positions, 2)
			assert.Equal(t, document.Passport, stays.Positions[0].DocumentType)
			stays, err = m.Order(ctx, account, cancelled.ID)
			require.NoError(t, err)
			assert.Equal(t, ticketing.StateCancelled, stays.State)
			assert.Equal(t, "*", stays.Positions[0].NameMasked)
			shown, err := m.Reveal(ctx, ticketing.Call{Actor: "wang"}, ticketing.RevealRequest{
				Order: visited.ID, Fields: []ticketing.RevealField{ticketing.RevealName, ticketing.RevealDocument, ticketing.RevealPhone}, Reason: "is it gone",
			})
			require.NoError(t, err)
			assert.Equal(t, ticketing.RevealedPosition{ID: visited.Positions[0].ID, Erased: true}, shown.Positions[0])
			records, err := m.Erasures(ctx, 0, 100)
			require.NoError(t, err)
			require.Len(t, records, 6)
			last := records[5]
			assert.Equal(t, ticketing.EraseAccounts, last.Kind)
			assert.Equal(t, "wang", last.Who)
			assert.Equal(t, account, last.Subject)
			_, err = m.Register(ctx, ticketing.Call{}, plain[6], plain[7])
			require.NoError(t, err, "the number is free again")
		})
	}
}

// Account reads one from the store.
func (m *museum) Account(t *testing.T, id string) (a ticketing.Account, err error) {
	t.Helper()
	err = m.store.View(t.Context(), func(ctx context.Context, r ticketing.Reader) (err error) {
		a, err = r.Account(ctx, id)
		return err
	})
	return a, err
}

func TestRecordsOfPrivacyAreAppendOnly(t *testing.T) {
	t.Parallel()
	for name, dsn := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := dsn(t)
			s := open(t, target)
			at := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
			require.NoError(t, s.Update(t.Context(), func(ctx context.Context, tx ticketing.Tx) error {
				if err := tx.RecordReveal(ctx, ticketing.Reveal{At: ticketing.Millis{Time: at}, Who: "a"}); err != nil {
					return err
				}
				return tx.RecordErasure(ctx, ticketing.Erasure{Kind: ticketing.EraseReveals, Before: ticketing.Millis{Time: at}})
			}))
			refused(t, target, `UPDATE reveals SET who = 'b'`, `DELETE FROM reveals`, `UPDATE erasures SET who = 'b'`, `DELETE FROM erasures`)
		})
	}
}
