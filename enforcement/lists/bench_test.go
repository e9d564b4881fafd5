package lists_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/lists"
	"fairgate/ingest/sqldb"
)

// BenchmarkDeny measures an attack's first blocks (new targets, 200 at a time,
// one durable commit each batch) and the storm after it (the same targets
// again, covered). The unit is one denial.
func BenchmarkDeny(b *testing.B) {
	db, err := sqldb.Open(b.Context(), "sqlite:"+b.TempDir()+"/bench.db", sqldb.Options{})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, db.Close()) })
	s, err := lists.New(b.Context(), db, newMemoryMarks(), lists.Options{Now: func() time.Time { return start }})
	require.NoError(b, err)
	n := 0
	batch := func(fresh bool) []enforcement.Denial {
		denials := make([]enforcement.Denial, 200)
		for i := range denials {
			key := fmt.Sprintf("covered%d", i)
			if fresh {
				n++
				key = fmt.Sprintf("fresh%d", n)
			}
			denials[i] = denial(key)
		}
		return denials
	}
	for name, fresh := range map[string]bool{"new": true, "covered": false} {
		b.Run(name, func(b *testing.B) {
			_, err := s.Deny(b.Context(), batch(false))
			require.NoError(b, err)
			b.ResetTimer()
			for i := 0; i < b.N; i += 200 {
				_, err := s.Deny(b.Context(), batch(fresh))
				require.NoError(b, err)
			}
		})
	}
}
