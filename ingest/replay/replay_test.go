package replay_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/ingest/replay"
)

func write(t *testing.T, name, content string) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(name, []byte(content), 0o600))
	return name
}

func read(t *testing.T, s *replay.Source) (got []replay.Record) {
	t.Helper()
	for r, err := range s.Records(t.Context()) {
		require.NoError(t, err)
		require.NoError(t, r.Event.Validate())
		got = append(got, r)
	}
	return got
}

func mapping(t *testing.T, text string) *replay.Mapping {
	t.Helper()
	m, err := replay.LoadMapping([]byte(text))
	require.NoError(t, err)
	return m
}

func shipped(t *testing.T) *replay.Mapping {
	b, err := os.ReadFile("testdata/web-sessions.yaml")
	require.NoError(t, err)
	return mapping(t, string(b))
}

func TestShippedMapping(t *testing.T) {
	s, err := replay.Open("testdata/web-sessions.csv", replay.Options{Mapping: shipped(t)})
	require.NoError(t, err)
	got := read(t, s)
	type line struct {
		Line  int
		At    string
		Kind  ingest.Kind
		Who   string
		Label string
	}
	var seen []line
	for i, r := range got {
		e := r.Event
		seen = append(seen, line{r.Line, e.Time.Format("05.000"), e.Kind, e.Subject.Account, r.Label})
		assert.Equal(t, uint64(i+1), e.Seq)
		assert.Equal(t, "web-sessions", e.Site)
		assert.Equal(t, e.Subject.Session, e.Subject.Account)
		assert.Equal(t, "Synthetic/1.0 (one, two)", e.Client.UserAgent)
	}
	assert.Equal(t, []line{
		{3, "20.000", ingest.KindStockRead, "s1", "human"},
		{4, "21.000", ingest.KindBeacon, "s1", "human"},
		{5, "21.000", ingest.KindBeacon, "s1", "human"},
		{6, "24.250", ingest.KindDetailRead, "s1", "human"},
		{2, "30.500", ingest.KindStockRead, "s2", "bot"},
	}, seen)
	assert.NotEqual(t, got[1].Event.ID, got[2].Event.ID, "two equal lines are two events")
	assert.Less(t, got[1].Event.ID, got[2].Event.ID, "and keep the order of the file")
	assert.Equal(t, 304, got[3].Event.Outcome.Status)
	assert.Equal(t, replay.Report{
		Lines: 10, Events: 5, Unreadable: 3, Unmatched: 1,
		Examples: []replay.Example{
			{7, `time: "yesterday" is no Unix time (unix_seconds)`},
			{8, `no kind matches: GET "/index.html"`},
			{9, `status "OK" is not between 100 and 599`},
			{10, `field 9: the quote is not closed on this line`},
		},
	}, s.Report())
	assert.Equal(t, got, read(t, s), "reading again gives the same events")
}

func TestCombinedLog(t *testing.T) {
	route := func(method, path string) (string, ingest.Kind, bool) {
		switch {
		case method == "POST" && path == "/api/v1/orders":
			return "order-submit", ingest.KindOrderSubmit, true
		case path == "/api/v1/pools/main/stock":
			return "pool-stock", ingest.KindStockRead, true
		default:
			return "page", ingest.KindPageRead, method == "GET"
		}
	}
	s, err := replay.Open("testdata/access.log", replay.Options{Route: route, Site: "museum"})
	require.NoError(t, err)
	got := read(t, s)
	require.Len(t, got, 4)
	order, stock, page, quotes := got[0].Event, got[1].Event, got[2].Event, got[3].Event

	assert.Equal(t, time.Date(2025, 10, 10, 5, 55, 35, 0, time.UTC), order.Time)
	assert.Equal(t, "alice", order.Subject.Account)
	assert.Equal(t, "2001:db8::/48", order.Client.Subnet)
	assert.True(t, order.Client.Automation)
	assert.Equal(t, "order-submit", order.Route)
	assert.True(t, order.Outcome.Accepted())

	assert.Equal(t, "192.0.2.7", stock.Client.IP.String())
	assert.Equal(t, "/api/v1/pools/main/stock", stock.Path, "without the query")
	assert.Empty(t, stock.Subject.Account)
	assert.NotEmpty(t, stock.Subject.Session)
	assert.False(t, stock.Client.Automation)

	assert.Equal(t, "/a/c/", page.Path)
	assert.Equal(t, 404, page.Outcome.Status)
	assert.Equal(t, `says "hi" A\`, quotes.Client.UserAgent)

	report := s.Report()
	assert.Equal(t, 11, report.Lines)
	assert.Equal(t, 6, report.Unreadable)
	want := []string{
		"6 there is no address", "7 request \"\\x16\\x03\\x01\\x02\" is not METHOD TARGET", `8 time: "10/Okt/2025`,
		`9 ip "not.an.address"`, `10 status "999"`, "11 request: the quote is not closed",
	}
	require.Len(t, report.Examples, len(want))
	for i, x := range report.Examples {
		assert.Contains(t, fmt.Sprintf("%d %s", x.Line, x.Why), want[i])
	}
}

func TestDefaultTakesReadsOnly(t *testing.T) {
	s, err := replay.Open("testdata/access.log", replay.Options{})
	require.NoError(t, err)
	assert.Len(t, read(t, s), 3)
	assert.Equal(t, 1, s.Report().Unmatched)
}

func TestGzipGivesTheSame(t *testing.T) {
	plain, err := os.ReadFile("testdata/access.log")
	require.NoError(t, err)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err = z.Write(plain)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	a, err := replay.Open("testdata/access.log", replay.Options{})
	require.NoError(t, err)
	b, err := replay.Open(write(t, "log", packed.String()), replay.Options{})
	require.NoError(t, err)
	assert.Equal(t, read(t, a), read(t, b))
	assert.Equal(t, a.Report(), b.Report())

	cut, err := replay.Open(write(t, "cut", packed.String()[:packed.Len()-20]), replay.Options{})
	require.NoError(t, err)
	var last error
	for _, err := range cut.Records(t.Context()) {
		last = err
	}
	assert.ErrorContains(t, last, "unexpected EOF")
}

func TestLongLines(t *testing.T) {
	row := func(agent string) string {
		return `192.0.2.7 - - [10/Oct/2025:13:55:36 +0800] "GET / HTTP/1.1" 200 1 "-" "` + agent + `"`
	}
	frame := len(row(""))
	fits, long := row(strings.Repeat("a", replay.MaxLine-frame)), row(strings.Repeat("a", replay.MaxLine-frame+1))
	for _, ending := range []string{"\n", "\r\n"} {
		s, err := replay.Open(write(t, "log", strings.Join([]string{
			row("x"), long, fits, strings.Repeat("y", 3*replay.MaxLine), row("z"),
		}, ending)), replay.Options{})
		require.NoError(t, err)
		got := read(t, s)
		require.Len(t, got, 3)
		assert.Equal(t, []int{1, 3, 5}, []int{got[0].Line, got[1].Line, got[2].Line})
		assert.Equal(t, 2, s.Report().Unreadable)
		assert.Equal(t, replay.Example{Line: 2, Why: "longer than 65536 bytes"}, s.Report().Examples[0])
		assert.Len(t, got[1].Event.Client.UserAgent, 256)
	}
}

const small = `
columns: {time: {column: t, format: unix_seconds}, account: who, path: path}
kinds: [{path: "/pools/{pool}/stock", kind: stock.read}, {path_prefix: /orders/, path: "", method: "", kind: order.read}, {kind: page.read}]
`

func TestReorderingWindow(t *testing.T) {
	name := write(t, "x.csv", "t,who,path\n10,a,/\n12,b,/\n11,c,/\n20,d,/\n14,e,/\n19,f,/\n20,g,/\n")
	times := func(o replay.Options) (got string, late int) {
		o.Mapping = mapping(t, small)
		s, err := replay.Open(name, o)
		require.NoError(t, err)
		for _, r := range read(t, s) {
			got += r.Event.Subject.Account
		}
		return got, s.Report().Late
	}
	got, late := times(replay.Options{})
	assert.Equal(t, "acbefdg", got)
	assert.Zero(t, late)
	got, late = times(replay.Options{Reorder: 3 * time.Second})
	assert.Equal(t, "acbfdg", got)
	assert.Equal(t, 1, late)
	got, late = times(replay.Options{Reorder: 6 * time.Second})
	assert.Equal(t, "acbefdg", got, "a wide enough window gives what sorting gives")
	assert.Zero(t, late)
}

func TestPatternsFillTheOrder(t *testing.T) {
	s, err := replay.Open(write(t, "x.csv", "t,who,path\n10,a,/Pools/main/STOCK/\n11,a,/orders/7\n12,a,https://h/pools/x/y?z\n"),
		replay.Options{Mapping: mapping(t, small)})
	require.NoError(t, err)
	got := read(t, s)
	require.Len(t, got, 3)
	assert.Equal(t, ingest.KindStockRead, got[0].Event.Kind)
	assert.Equal(t, "main", got[0].Event.Order.Pool)
	assert.Equal(t, ingest.KindOrderRead, got[1].Event.Kind)
	assert.Equal(t, ingest.KindPageRead, got[2].Event.Kind)
	assert.Equal(t, "/pools/x/y", got[2].Event.Path)
}

func TestTimeFormats(t *testing.T) {
	want := time.Date(2025, 10, 10, 5, 55, 36, 789e6, time.UTC)
	for format, text := range map[string]string{
		"unix_seconds": "1760075736.789", "unix_ms": "1760075736789", "rfc3339": "2025-10-10T13:55:36.789999+08:00",
		"apache": "[10/Oct/2025:13:55:36 +0800]",
	} {
		s, err := replay.Open(write(t, "x.csv", "t\n"+text+"\n-1\nNaN\n1e300\n10000-01-01\n"),
			replay.Options{Mapping: mapping(t, "columns: {time: {column: t, format: "+format+"}}\nkinds: [{kind: page.read}]")})
		require.NoError(t, err)
		got := read(t, s)
		require.Len(t, got, 1, format)
		if format == "apache" {
			want = want.Truncate(time.Second)
		}
		assert.WithinDuration(t, want, got[0].Event.Time, time.Second, format)
		if format != "apache" {
			assert.Equal(t, want.UnixMilli()/1000, got[0].Event.Time.UnixMilli()/1000)
		}
		assert.Equal(t, 4, s.Report().Unreadable)
	}
}

func TestOpenRefuses(t *testing.T) {
	csv := write(t, "x.csv", "t,who,path\n")
	bad := mapping(t, small)
	bad.Columns.Label, bad.Columns.Device = "truth", "device"
	bad.Kinds[0].Where = &replay.Where{Column: "what"}
	for name, c := range map[string]struct {
		file string
		m    *replay.Mapping
		want []string
	}{
		"no file":      {filepath.Join(t.TempDir(), "none"), nil, []string{"no such file"}},
		"no columns":   {csv, bad, []string{`columns.label: the file has no column "truth"`, `columns.device`, `kinds[0].where: the file has no column "what"`}},
		"empty CSV":    {write(t, "empty.csv", ""), mapping(t, small), []string{"read header: EOF"}},
		"broken gzip":  {write(t, "x.gz", "\x1f\x8b\x00"), nil, []string{"gzip"}},
		"no mapping":   {csv, &replay.Mapping{}, []string{`format "" is unknown`, "columns.time.column is missing"}},
		"torn header":  {write(t, "torn.csv", "\"t,who\n"), mapping(t, small), []string{"read header: field 1"}},
		"is directory": {t.TempDir(), mapping(t, small), []string{"read header"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := replay.Open(c.file, replay.Options{Mapping: c.m})
			require.Error(t, err)
			for _, w := range c.want {
				require.ErrorContains(t, err, w)
			}
			assert.ErrorContains(t, err, c.file)
		})
	}
}

func TestStops(t *testing.T) {
	name := write(t, "x.csv", "t,who,path\n"+strings.Repeat("10,a,/\n", 3000))
	for _, o := range []replay.Options{{}, {Reorder: time.Millisecond}, {MaxEvents: 100}} {
		o.Mapping = mapping(t, small)
		s, err := replay.Open(name, o)
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for _, err := range s.Records(ctx) {
			require.ErrorIs(t, err, context.Canceled)
		}
		n := 0
		for _, err := range s.Records(t.Context()) {
			if o.MaxEvents > 0 {
				require.ErrorContains(t, err, "more than 100 events")
				continue
			}
			require.NoError(t, err)
			if n++; n == 5 {
				break
			}
		}
	}
}

func TestEnrich(t *testing.T) {
	s, err := replay.Open("testdata/access.log", replay.Options{Enrich: func(e *ingest.Event) { e.Client.Country = "CN" }})
	require.NoError(t, err)
	assert.Equal(t, "CN", read(t, s)[0].Event.Client.Country)
}
