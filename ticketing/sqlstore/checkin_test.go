package sqlstore_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"fairgate/ticketing/checkin"
	"fairgate/ticketing/storetest"
)

func TestCheckInConformance(t *testing.T) {
	t.Parallel()
	for name, dsn := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.RunCheckIn(t, func(t *testing.T) (storetest.Store, checkin.Store) {
				t.Helper()
				s := open(t, dsn(t))
				return s, s.CheckIn()
			})
		})
	}
}

// TestScansAreKept holds that neither engine lets a scan be changed or taken
// away, whoever asks.
func TestScansAreKept(t *testing.T) {
	t.Parallel()
	for name, dsn := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := dsn(t)
			s := open(t, target)
			require.NoError(t, s.CheckIn().Update(t.Context(), func(ctx context.Context, tx checkin.Tx) error {
				if err := tx.InsertTerminal(ctx, checkin.Terminal{ID: "t", Name: "t", SignPublic: []byte{1}, SealPublic: []byte{1}}); err != nil {
					return err
				}
				if err := tx.RecordTerminalChange(ctx, checkin.Change{Subject: "t", What: "register"}); err != nil {
					return err
				}
				return tx.Record(ctx, []checkin.Scan{{Key: "t/n", Fingerprint: []byte{1}, TerminalID: "t", Direction: checkin.Entry, Reason: checkin.OK}}, nil, nil)
			}))
			refused(t, target, `UPDATE checkin_scans SET accepted = 0`, `DELETE FROM checkin_scans`,
				`UPDATE terminal_changes SET who = 'x'`, `DELETE FROM terminal_changes`)
		})
	}
}
