package sqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/sqlstore"
	"fairgate/ticketing/storetest"
)

// TestGroupsAreRepeatedOnlyForAFault counts the groups that had to be run again
// one by one: none for what a rule refuses, one for what only SQL found.
func TestGroupsAreRepeatedOnlyForAFault(t *testing.T) {
	t.Parallel()
	for name, dsn := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reg := prometheus.NewRegistry()
			s, err := sqlstore.Open(t.Context(), dsn(t), sqlstore.Options{Registerer: reg})
			require.NoError(t, err)
			defer func() { assert.NoError(t, s.Close()) }()
			repeated := func() float64 {
				families, err := reg.Gather()
				require.NoError(t, err)
				for _, f := range families {
					if f.GetName() == "fairgate_ticketing_commit_groups_repeated_total" {
						return f.GetMetric()[0].GetCounter().GetValue()
					}
				}
				return -1
			}
			event := func(id string, end error) storetest.Job {
				return storetest.Job{Run: func(ctx context.Context, tx ticketing.Tx) error {
					return errors.Join(tx.Append(ctx, ticketing.Event{ID: id}), end)
				}}
			}
			errs := s.Together(t.Context(), event("a", nil), event("b", ticketing.ErrSoldOut), event("c", nil))
			require.NoError(t, errors.Join(errs[0], errs[2]))
			require.ErrorIs(t, errs[1], ticketing.ErrSoldOut)
			assert.Zero(t, repeated())
			errs = s.Together(t.Context(), event("d", nil), event("a", nil), event("e", nil))
			require.NoError(t, errors.Join(errs[0], errs[2]))
			require.ErrorIs(t, errs[1], ticketing.ErrUnavailable)
			assert.InDelta(t, 1, repeated(), 0)
			require.NoError(t, s.View(t.Context(), func(ctx context.Context, r ticketing.Reader) error {
				events, err := r.Events(ctx, 0, 10)
				require.Len(t, events, 4)
				assert.Equal(t, int64(4), events[3].Seq, "no gap")
				return err
			}))
		})
	}
}

// TestLongGroups writes and looks up more rows than one statement has.
func TestLongGroups(t *testing.T) {
	t.Parallel()
	for name, dsn := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const jobs = 301
			s, err := sqlstore.Open(t.Context(), dsn(t), sqlstore.Options{GroupSize: jobs})
			require.NoError(t, err)
			defer func() { assert.NoError(t, s.Close()) }()
			remember := func(i int) storetest.Job {
				return storetest.Job{
					Ahead: []ticketing.Foresight{{Scope: "s", Key: fmt.Sprint(i)}},
					Run: func(ctx context.Context, tx ticketing.Tx) error {
						if _, err := tx.Recall(ctx, "s", fmt.Sprint(i)); !errors.Is(err, ticketing.ErrNotFound) {
							return errors.Join(err, ticketing.ErrInvalidState)
						}
						return tx.Remember(ctx, "s", fmt.Sprint(i), ticketing.Answer{Fingerprint: []byte{1}, At: time.UnixMilli(1)})
					},
				}
			}
			var first, second []storetest.Job
			for i := range jobs {
				first, second = append(first, remember(i)), append(second, remember(i+jobs-1))
			}
			require.NoError(t, errors.Join(s.Together(t.Context(), first...)...))
			errs := s.Together(t.Context(), second...)
			require.ErrorIs(t, errs[0], ticketing.ErrInvalidState, "known from the first group")
			require.NoError(t, errors.Join(errs[1:]...))
		})
	}
}

// TestSessionsAskedForTogether looks many sessions up at once, some of which
// there are not, and sees a revocation at once.
func TestSessionsAskedForTogether(t *testing.T) {
	t.Parallel()
	for name, dsn := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const known, callers = 20, 400
			s := open(t, dsn(t))
			at := time.UnixMilli(1_770_000_000_123).UTC()
			session := func(i int) ticketing.Session {
				return ticketing.Session{ID: fmt.Sprint("s", i), AccountID: "a", CreatedAt: at, ExpiresAt: at.Add(time.Duration(i) * time.Minute), Channel: []string{"web", "miniprogram"}[i%2]}
			}
			require.NoError(t, s.Update(t.Context(), func(ctx context.Context, tx ticketing.Tx) error {
				err := tx.InsertAccount(ctx, ticketing.Account{ID: "a", PhoneKey: []byte("k"), PhoneSealed: []byte("s"), CreatedAt: at})
				for i := range known {
					err = errors.Join(err, tx.InsertSession(ctx, session(i)))
				}
				return err
			}))
			read := func(ctx context.Context, i int) (got ticketing.Session, err error) {
				err = s.View(ctx, func(ctx context.Context, r ticketing.Reader) error {
					got, err = r.Session(ctx, fmt.Sprint("s", i))
					return err
				})
				return got, err
			}
			var group sync.WaitGroup
			for i := range callers {
				group.Go(func() {
					got, err := read(t.Context(), i%(2*known))
					if i%(2*known) >= known {
						assert.ErrorIs(t, err, ticketing.ErrNotFound)
					} else if assert.NoError(t, err) {
						assert.Equal(t, session(i%(2*known)), got)
					}
				})
			}
			group.Wait()
			revoked := at.Add(time.Second)
			require.NoError(t, s.Update(t.Context(), func(ctx context.Context, tx ticketing.Tx) error { return tx.RevokeSession(ctx, "s1", revoked) }))
			got, err := read(t.Context(), 1)
			require.NoError(t, err)
			assert.Equal(t, revoked, got.RevokedAt, "at once")
			gone, cancel := context.WithCancel(t.Context())
			cancel()
			_, err = read(gone, 1)
			require.ErrorIs(t, err, context.Canceled)
		})
	}
}
