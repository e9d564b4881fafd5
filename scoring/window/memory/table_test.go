package memory

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTheTableFindsWhatIsInIt holds the table against a map, with hashes of
// which many are the same or near one another.
func TestTheTableFindsWhatIsInIt(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var tb table
	known := map[entityKey]*entity{}
	var keys []entityKey
	hash := func(k entityKey) uint64 { return k.hash() % 97 << 16 }
	for n := range 20_000 {
		key := entityKey{"account", fmt.Sprint(random.IntN(700))}
		e := tb.find(key, hash(key))
		require.Same(t, known[key], e, "step %d", n)
		switch {
		case e == nil:
			e = &entity{key: key, hash: hash(key)}
			tb.add(e)
			known[key] = e
			keys = append(keys, key)
		case random.IntN(2) == 0:
			tb.remove(e)
			delete(known, key)
		}
		require.Equal(t, len(known), tb.count)
	}
	for _, key := range keys {
		require.Same(t, known[key], tb.find(key, hash(key)))
	}
}
