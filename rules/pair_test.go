package rules

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
)

func TestPairsHaveOneName(t *testing.T) {
	t.Parallel()
	assert.Equal(t, Entity("device+pool"), Pair(EntityPool, EntityDevice))
	assert.Equal(t, Entity("device+pool"), Pair(EntityDevice, EntityPool))
	a, b := rulesetWith(t, "device+pool"), rulesetWith(t, "pool+device")
	assert.Equal(t, a.Version(), b.Version())
	for e, want := range map[Entity]bool{
		"device+pool": true, "pool": true, "pool+pool": false, "pool+": false, "+": false, "a+b": false, "device+pool+asn": false,
	} {
		assert.Equal(t, want, e.Counted(), e)
	}
	assert.False(t, Entity("device+pool").Valid(), "no rule acts on a pair")
}

func rulesetWith(t *testing.T, e Entity) *Program {
	t.Helper()
	p, err := Compile(&Ruleset{
		Name:     "t",
		Features: []Feature{{Name: "f", Entity: e, Window: MinWindow, Aggregate: AggCount}},
		Rules:    []Rule{rule("r", "f > 1")},
	}, Options{})
	require.NoError(t, err)
	return p
}

func TestPairsOfKeysAreToldApart(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, keys := range [][2]string{{"a", "bc"}, {"ab", "c"}, {"1:a", "b"}, {"1", ":ab"}, {"a+b", "c"}, {"a", "b+c"}} {
		k := PairKey(keys[0], keys[1])
		assert.False(t, seen[k], "%q", keys)
		seen[k] = true
	}
	assert.Empty(t, PairKey("", "b"))
	assert.Empty(t, PairKey("a", ""))
}

func TestPairsTakeEveryDocument(t *testing.T) {
	t.Parallel()
	e := &ingest.Event{
		Subject: ingest.Subject{Account: "a1", Documents: []string{"d1", "", "d2"}, Cluster: "c9"},
		Order:   ingest.Order{Pool: "p"},
	}
	assert.Equal(t, []string{"2:a1d1", "2:a1d2"}, AppendKeys(nil, "account+document", e))
	assert.Equal(t, []string{"2:d1p", "2:d2p"}, AppendKeys(nil, "document+pool", e))
	assert.Equal(t, []string{"2:a1p"}, AppendKeys(nil, "account+pool", e))
	assert.Equal(t, "2:a1p", Key("account+pool", e))
	assert.Empty(t, AppendKeys(nil, "account+device", e), "one part is not known")
	assert.Equal(t, "c9", Key(EntityCluster, e))
}

func TestAmountsAreWholeAndBounded(t *testing.T) {
	t.Parallel()
	e := &ingest.Event{Order: ingest.Order{Positions: -3}, Outcome: ingest.Outcome{Latency: 2_500_999}}
	assert.Equal(t, int64(0), Amount(FieldPositions, e), "nothing is taken off a sum")
	assert.Equal(t, int64(2), Amount(FieldLatency, e))
	e.Order.Positions = 1 << 40
	assert.Equal(t, int64(MaxAmount), Amount(FieldPositions, e))
	e.Subject.Documents = []string{"a", "b"}
	assert.Equal(t, int64(2), Amount(FieldDocuments, e))
	assert.Zero(t, Amount(FieldDay, e))
}
