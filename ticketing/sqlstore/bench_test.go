package sqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/sqlstore"
)

// BenchmarkGroups books in commits of 1 to 256 bookings, each with an
// idempotency key and an event: what sharing statements and commits is worth.
func BenchmarkGroups(b *testing.B) {
	engines := map[string]string{"sqlite": "sqlite:" + filepath.Join(b.TempDir(), "ticketing.db")}
	if dsn := os.Getenv("FAIRGATE_TEST_POSTGRES"); dsn != "" {
		engines["postgres"] = dsn
	}
	for engine, dsn := range engines {
		for _, size := range []int{1, 8, 32, 128, 256} {
			b.Run(fmt.Sprintf("%s/%d", engine, size), func(b *testing.B) { benchmarkGroups(b, dsn, size) })
		}
	}
}

func benchmarkGroups(b *testing.B, dsn string, size int) {
	b.Helper()
	s, err := sqlstore.Open(b.Context(), dsn, sqlstore.Options{GroupSize: size})
	require.NoError(b, err)
	defer func() { require.NoError(b, s.Close()) }()
	const day = ticketing.Date("2026-05-10")
	pool, account := "bench-"+uuid.NewString(), uuid.NewString()
	require.NoError(b, s.Update(b.Context(), func(ctx context.Context, tx ticketing.Tx) error {
		return errors.Join(
			tx.PutPool(ctx, ticketing.Pool{ID: pool, Name: "x", LimitPerOrder: 1, Hold: time.Minute}),
			tx.PutDay(ctx, pool, day, 10_000_000),
			tx.InsertAccount(ctx, ticketing.Account{ID: account, PhoneKey: []byte(account), PhoneSealed: []byte{1}, CreatedAt: time.Now()}))
	}))
	book := func() error {
		id, document := uuid.NewString(), []byte(uuid.NewString())
		o := ticketing.Order{
			ID: id, AccountID: account, Pool: pool, Date: day, State: ticketing.StateConfirmed, CreatedAt: time.Now(), Channel: "web",
			Positions: []ticketing.Position{{
				ID: uuid.NewString(), NameMasked: "A*", NameSealed: document, DocumentType: "passport", DocumentMasked: "P*",
				DocumentKey: document, DocumentSealed: document, Places: 1,
			}},
		}
		return s.Update(b.Context(), func(ctx context.Context, tx ticketing.Tx) error {
			if _, err := tx.Recall(ctx, account, id); !errors.Is(err, ticketing.ErrNotFound) {
				return errors.Join(err, ticketing.ErrInvalidState)
			}
			if _, err := tx.Pool(ctx, pool); err != nil {
				return err
			}
			if _, err := tx.TakePlaces(ctx, o.Place(), 1); err != nil {
				return err
			}
			return errors.Join(tx.InsertOrder(ctx, o), tx.Append(ctx, ticketing.Event{ID: uuid.NewString(), OrderID: id}),
				tx.Remember(ctx, account, id, ticketing.Answer{Fingerprint: document, Result: []byte("{}"), At: time.Now()}))
		}, ticketing.Foresight{Scope: account, Key: id, Account: account, Place: o.Place(), Documents: [][]byte{document}})
	}
	next := make(chan struct{})
	var callers sync.WaitGroup
	b.ResetTimer()
	for range 2 * size { // half of them wait while the others are committed
		callers.Go(func() {
			for range next {
				if err := book(); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for range b.N {
		next <- struct{}{}
	}
	close(next)
	callers.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "bookings/s")
}
