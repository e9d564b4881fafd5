package ticketing_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
)

// TestAKeyCanBeRetired rotates the key of personal data, reads everything, seals
// it anew, drops the former key and reads everything again.
func TestAKeyCanBeRetired(t *testing.T) {
	t.Parallel()
	f, w := withWeChat(t)
	f.pool("main", 0, 50)
	account := f.person(1)
	f.enter(w.issue("1", "app", "o-1", ""))
	var orders []ticketing.Order
	for i := range 12 {
		orders = append(orders, f.book(account, withPhones(20*i, 20*i+1, 20*i+2)))
	}
	former, fresh := keys().Encryption[0], bytes.Repeat([]byte{9}, 32)
	with := func(encryption ...[]byte) *ticketing.Service {
		k := keys()
		k.Encryption = encryption
		s, err := ticketing.NewService(f.store, k, func() time.Time { return time.UnixMilli(f.now.Load()) }, ticketing.Options{RevealsPerHour: 1000})
		require.NoError(t, err)
		return s
	}
	reads := func(s *ticketing.Service) error {
		for _, o := range orders {
			_, err := s.Reveal(t.Context(), wang(), ticketing.RevealRequest{
				Order: o.ID, Fields: []ticketing.RevealField{ticketing.RevealName, ticketing.RevealDocument, ticketing.RevealPhone}, Reason: "a test",
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
	require.Error(t, reads(with(fresh)), "the former key is still needed")
	rotated := with(fresh, former)
	require.NoError(t, reads(rotated))
	left, err := rotated.SealedOtherwise(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 12*3*3+2, left)
	f.pass(time.Hour)
	require.NoError(t, rotated.PlanJobs(t.Context()))
	for n := 1; n > 0; {
		n, err = rotated.RunDue(t.Context())
		require.NoError(t, err)
	}
	jobs, err := rotated.Jobs(t.Context())
	require.NoError(t, err)
	for _, j := range jobs {
		if j.Name == "reseal" {
			assert.Equal(t, "0 values are still under a former key", j.Report)
		}
	}
	retired := with(fresh)
	require.NoError(t, reads(retired))
	found, err := retired.Lookup(t.Context(), wang(), ticketing.Lookup{Phone: "13900000020", Reason: "a test", Limit: 10})
	require.NoError(t, err)
	assert.Len(t, found, 1, "the keys of look-ups have not changed")
}
