package chdb

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSplitInsert(t *testing.T) {
	cases := map[string]struct {
		statement, bare, format string
		ok                      bool
	}{
		"columns":     {"INSERT INTO t (a, `b`) FORMAT Native", "INSERT INTO t (a, `b`)", "Native", true},
		"lower case":  {"insert into db.t\n format JSONEachRow ;\n", "insert into db.t", "JSONEachRow", true},
		"settings":    {"INSERT INTO t SETTINGS x = 1 FORMAT Native", "INSERT INTO t SETTINGS x = 1", "Native", true},
		"no format":   {"INSERT INTO t (a)", "", "", false},
		"not insert":  {"SELECT 1 FORMAT Native", "", "", false},
		"only a word": {"INSERT INTOFORMAT Native", "", "", false},
		"empty":       {"", "", "", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			bare, format, ok := splitInsert(c.statement)
			assert.Equal(t, c.ok, ok)
			assert.Equal(t, c.bare, bare)
			assert.Equal(t, c.format, format)
		})
	}
}

func TestRecode(t *testing.T) {
	const revision = 54460 // with block info and a serialisation mark per column
	const info = "\x01\x00\x02\xff\xff\xff\xff\x00"
	cases := map[string]struct{ native, want string }{
		"nothing":    {"", ""},
		"one row":    {"\x01\x01\x01n\x05UInt8\x07", info + "\x01\x01\x01n\x05UInt8\x00\x07"},
		"two blocks": {"\x01\x01\x01n\x05UInt8\x07\x01\x01\x01n\x05UInt8\x08", info + "\x01\x01\x01n\x05UInt8\x00\x07" + info + "\x01\x01\x01n\x05UInt8\x00\x08"},
		// A block without rows carries no state prefix.
		"no rows": {"\x01\x00\x01s\x16LowCardinality(String)", info + "\x01\x00\x01s\x16LowCardinality(String)\x00"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			out, err := recode([]byte(c.native), revision)
			require.NoError(t, err)
			assert.Equal(t, c.want, string(out))
			same, err := recode([]byte(c.native), 0)
			require.NoError(t, err)
			assert.Equal(t, c.native, string(same))
		})
	}
	for _, broken := range []string{"\x01", "\x01\x01\x01n\x05UInt8", "\x01\x01\x01n\x05Nosuch\x07"} {
		_, err := recode([]byte(broken), revision)
		require.Error(t, err, "%q", broken)
	}
}
