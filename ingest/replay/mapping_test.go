package replay_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/ingest/replay"
)

func TestLoadMappingNamesEveryFault(t *testing.T) {
	_, err := replay.LoadMapping([]byte(`
format: parquet
delimiter: "::"
columns: {time: {column: "", format: iso}}
account_from: moon
kinds:
  - {kind: stock.eat}
  - {kind: stock.read, path: "pools"}
  - {kind: stock.read, path: "/a{b}"}
  - {kind: stock.read, where: {equals: x}}
  - {kind: stock.read, path: /a, path_prefix: /b}
`))
	require.ErrorIs(t, err, replay.ErrMapping)
	for _, want := range []string{
		`format "parquet"`, `delimiter "::"`, "columns.time.column is missing", `columns.time.format "iso"`,
		`account_from "moon"`, `kinds[0].kind "stock.eat"`, `kinds[1].path: "pools"`, `kinds[2].path: segment "a{b}"`,
		"kinds[3].where.column", "kinds[4]: path and path_prefix",
	} {
		assert.ErrorContains(t, err, want)
	}
}

func TestLoadMappingIsStrict(t *testing.T) {
	for _, text := range []string{"", "colums: {}", "columns: {time: 3}", "[", "columns: {when: {}}", "\xff"} {
		_, err := replay.LoadMapping([]byte(text))
		require.ErrorIs(t, err, replay.ErrMapping, text)
	}
	_, err := replay.LoadMapping([]byte("format: csv\ncolums: {}"))
	assert.ErrorContains(t, err, "line 2: field colums not found")
}

func TestCombinedMappingNeedsNoColumns(t *testing.T) {
	m, err := replay.LoadMapping([]byte("format: combined\naccount_from: ip\nkinds: [{method: GET, kind: stock.read}]"))
	require.NoError(t, err)
	s, err := replay.Open("testdata/access.log", replay.Options{Mapping: m})
	require.NoError(t, err)
	got := read(t, s)
	require.Len(t, got, 3)
	assert.Equal(t, "192.0.2.7", got[0].Event.Subject.Account)
	assert.Equal(t, ingest.KindStockRead, got[0].Event.Kind)
}

func FuzzLoadMapping(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte("format: combined"))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := replay.LoadMapping(text)
		if err != nil {
			require.ErrorIs(t, err, replay.ErrMapping)
			return
		}
		require.NoError(t, m.Validate())
		s, err := replay.Open("testdata/access.log", replay.Options{Mapping: m})
		if err != nil {
			return
		}
		for _, err := range s.Records(t.Context()) {
			require.NoError(t, err)
		}
	})
}
