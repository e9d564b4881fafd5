package sqlstore_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/sqlstore"
)

// TestTwoProcessesOneCode asks for codes of one number and redeems the one that
// was made, through two services on one database at once.
func TestTwoProcessesOneCode(t *testing.T) {
	t.Parallel()
	for name, dsn := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const phone, callers = "13900000001", 20
			target := dsn(t)
			stores := [2]*sqlstore.Store{open(t, target), open(t, target)}
			services := [2]*ticketing.Service{}
			clock := func() time.Time { return time.Date(2026, 5, 1, 4, 0, 0, 0, time.UTC) }
			for i, s := range stores {
				var err error
				services[i], err = ticketing.NewService(s, ticketing.Keys{
					Encryption: [][]byte{bytes.Repeat([]byte{1}, 32)}, Lookup: bytes.Repeat([]byte{2}, 32),
					Session: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{3}, 32)),
				}, clock, ticketing.Options{Codes: &ticketing.CodeOptions{}})
				require.NoError(t, err)
			}
			succeed := func(refusal error, try func(s *ticketing.Service) error) int64 {
				var (
					group sync.WaitGroup
					done  atomic.Int64
				)
				for i := range callers {
					group.Go(func() {
						if err := try(services[i%2]); err == nil {
							done.Add(1)
						} else if !errors.Is(err, refusal) {
							t.Error(err)
						}
					})
				}
				group.Wait()
				return done.Load()
			}
			assert.Equal(t, int64(1), succeed(ticketing.ErrCodeLimit, func(s *ticketing.Service) error {
				return s.RequestCode(t.Context(), ticketing.Call{}, phone, ticketing.PurposeSignIn)
			}))
			due, err := stores[0].DueMessages(t.Context(), clock(), 10)
			require.NoError(t, err)
			require.Len(t, due, 1)
			_, code, err := services[1].OpenMessage(due[0])
			require.NoError(t, err)
			assert.Equal(t, int64(1), succeed(ticketing.ErrWrongCode, func(s *ticketing.Service) error {
				_, err := s.SignInWithCode(t.Context(), ticketing.Call{}, phone, code)
				return err
			}))
		})
	}
}
