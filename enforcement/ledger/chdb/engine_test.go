package chdb_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"fairgate/enforcement/ledger/chdb/chdbtest"
)

func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == parentSubcommand {
		fmt.Fprintln(os.Stderr, superviseUntilKilled(os.Args[2], os.Args[3]))
		os.Exit(1)
	}
	os.Exit(chdbtest.Main(m))
}

// everyType is a row of every column type that the ledger uses.
type everyType struct {
	ID       uuid.UUID          `ch:"id"`
	Text     string             `ch:"text"`
	Low      string             `ch:"low"`
	At       time.Time          `ch:"at"`
	Score    float64            `ch:"score"`
	Small    uint8              `ch:"small"`
	Middle   uint32             `ch:"middle"`
	Large    uint64             `ch:"large"`
	Signed   int64              `ch:"signed"`
	Rules    []string           `ch:"rules"`
	Values   []float64          `ch:"vals"`
	Features map[string]float64 `ch:"features"`
	Yes      bool               `ch:"yes"`
	Maybe    *string            `ch:"maybe"`
	LowRules []string           `ch:"low_rules"`
}

const everyTypeTable = `CREATE TABLE every (
	id UUID, text String, low LowCardinality(String), at DateTime64(3, 'UTC'), score Float64,
	small UInt8, middle UInt32, large UInt64, signed Int64, rules Array(String), vals Array(Float64),
	features Map(String, Float64), yes Bool, maybe Nullable(String), low_rules Array(LowCardinality(String))
) ENGINE = MergeTree ORDER BY (at, id)`

func rows(n int) []everyType {
	list := make([]everyType, n)
	for i := range list {
		list[i] = everyType{
			ID: uuid.MustParse(fmt.Sprintf("00000000-0000-7000-8000-%012d", i)), Text: fmt.Sprintf("票 %d\n\x00'", i),
			Low: fmt.Sprintf("kind-%d", i%3), At: time.UnixMilli(1_790_000_000_123 + int64(i)).UTC(), Score: float64(i) / 3,
			Small: uint8(i), Middle: uint32(i) << 20, Large: 1<<63 + uint64(i), Signed: -int64(i),
			Rules: []string{"a", fmt.Sprint(i)}, Values: []float64{0.5, float64(i)},
			Features: map[string]float64{"reads": float64(i), "账号": 1}, Yes: i%2 == 0,
			LowRules: []string{"x", "y"},
		}
		if i%2 == 1 {
			list[i].Maybe = &list[i].Low
			list[i].Rules, list[i].Values, list[i].Features = []string{}, []float64{}, map[string]float64{}
		}
	}
	return list
}

func TestEveryColumnTypeComesBackAsItWasSent(t *testing.T) {
	db := chdbtest.Open(t, chdbtest.Start(t).Writer())
	require.NoError(t, db.Exec(t.Context(), everyTypeTable))
	want := rows(70_000) // more than one block of the engine
	batch, err := db.PrepareBatch(t.Context(), "INSERT INTO every")
	require.NoError(t, err)
	for i := range want {
		require.NoError(t, batch.AppendStruct(&want[i]))
	}
	require.NoError(t, batch.Send())

	var got []everyType
	require.NoError(t, db.Select(t.Context(), &got, "SELECT * FROM every ORDER BY at"))
	require.Len(t, got, len(want))
	for _, i := range []int{0, 1, 2, 65_536, 69_999} {
		assert.Equal(t, want[i], got[i], "row %d", i)
	}

	var none []everyType
	require.NoError(t, db.Select(t.Context(), &none, "SELECT * FROM every WHERE small = 1 AND small = 2"))
	assert.Empty(t, none)
}

func TestParametersAreBoundByTheEngine(t *testing.T) {
	db := chdbtest.Open(t, chdbtest.Start(t).Writer())
	hostile := `it's \ "quoted" {x:String}; DROP TABLE every`
	at := time.UnixMilli(1_790_000_000_123).UTC()
	id := uuid.New()
	var text string
	var when time.Time
	var back uuid.UUID
	var list []string
	row := db.QueryRow(t.Context(),
		"SELECT {text:String}, {at:DateTime64(3, 'UTC')}, {id:UUID}, {list:Array(String)}",
		clickhouse.Named("text", hostile), clickhouse.DateNamed("at", at, clickhouse.MilliSeconds),
		clickhouse.Named("id", id.String()), clickhouse.Named("list", []string{"a", "b'c"}))
	require.NoError(t, row.Scan(&text, &when, &back, &list))
	assert.Equal(t, hostile, text)
	assert.Equal(t, at, when.UTC())
	assert.Equal(t, id, back)
	assert.Equal(t, []string{"a", "b'c"}, list)
}

func TestErrorsKeepClickHousesCode(t *testing.T) {
	db := chdbtest.Open(t, chdbtest.Start(t).Writer())
	require.NoError(t, db.Exec(t.Context(), "CREATE TABLE small (n UInt8) ENGINE = MergeTree ORDER BY n"))
	cases := map[string]struct {
		run  func(context.Context) error
		code int32
	}{
		"no such table": {func(ctx context.Context) error { return db.Exec(ctx, "SELECT * FROM nowhere") }, 60},
		"syntax":        {func(ctx context.Context) error { return db.Exec(ctx, "SELEKT 1") }, 62},
		"no such table to insert into": {func(ctx context.Context) error {
			_, err := db.PrepareBatch(ctx, "INSERT INTO nowhere")
			return err
		}, 60},
		"too slow": {func(ctx context.Context) error {
			ctx = clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"max_execution_time": "0.2"}))
			return db.Exec(ctx, "SELECT sum(sleepEachRow(0.05)) FROM numbers(200) SETTINGS max_block_size = 1")
		}, 159},
		"too large": {func(ctx context.Context) error {
			ctx = clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"max_memory_usage": "1000000"}))
			return db.Exec(ctx, "SELECT uniqExact(number) FROM numbers(3000000)")
		}, 241},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			err := c.run(t.Context())
			var exception *clickhouse.Exception
			require.ErrorAs(t, err, &exception)
			assert.Equal(t, c.code, exception.Code, exception.Message)
		})
	}
	// A request's settings end with it.
	require.NoError(t, db.Exec(t.Context(), "SELECT uniqExact(number) FROM numbers(3000000)"))
}

func TestOnlyTheRunsSecretsAreLetIn(t *testing.T) {
	supervisor := chdbtest.Start(t)
	for name, change := range map[string]func(*clickhouse.Options){
		"wrong secret":        func(o *clickhouse.Options) { o.Auth.Password = "0123456789abcdef0123456789" },
		"no secret":           func(o *clickhouse.Options) { o.Auth.Password = "" },
		"unknown user":        func(o *clickhouse.Options) { o.Auth.Username = "default" },
		"the reader's secret": func(o *clickhouse.Options) { o.Auth.Password = supervisor.Reader().Auth.Password },
	} {
		t.Run(name, func(t *testing.T) {
			opts := supervisor.Writer()
			change(opts)
			err := chdbtest.Open(t, opts).Ping(t.Context())
			var exception *clickhouse.Exception
			require.ErrorAs(t, err, &exception)
			assert.EqualValues(t, 516, exception.Code)
			var status *clickhouse.HTTPError
			require.ErrorAs(t, err, &status)
			assert.Equal(t, http.StatusForbidden, status.StatusCode)
		})
	}
}

func TestTheReaderCannotWrite(t *testing.T) {
	supervisor := chdbtest.Start(t)
	writer, reader := chdbtest.Open(t, supervisor.Writer()), chdbtest.Open(t, supervisor.Reader())
	require.NoError(t, writer.Exec(t.Context(), "CREATE TABLE small (n UInt8) ENGINE = MergeTree ORDER BY n"))
	for _, statement := range []string{
		"INSERT INTO small VALUES (1)", "DROP TABLE small", "ALTER TABLE small DELETE WHERE 1",
		"CREATE TABLE other (n UInt8) ENGINE = Memory", "SET readonly = 0",
	} {
		var exception *clickhouse.Exception
		require.ErrorAs(t, reader.Exec(t.Context(), statement), &exception, statement)
		assert.EqualValues(t, 164, exception.Code, "%s: %s", statement, exception.Message)
	}
	batch, err := reader.PrepareBatch(t.Context(), "INSERT INTO small")
	require.NoError(t, err)
	require.NoError(t, batch.Append(uint8(1)))
	require.Error(t, batch.Send())
	var count uint64
	ctx := clickhouse.Context(t.Context(), clickhouse.WithSettings(clickhouse.Settings{"max_threads": "1"}))
	require.NoError(t, reader.QueryRow(ctx, "SELECT count() FROM small").Scan(&count))
	assert.Zero(t, count)
}

func TestParallelReadsAndWritesDoNotMixUp(t *testing.T) {
	db := chdbtest.Open(t, chdbtest.Start(t).Writer())
	require.NoError(t, db.Exec(t.Context(), "CREATE TABLE par (worker UInt32, n UInt32) ENGINE = MergeTree ORDER BY (worker, n)"))
	group, ctx := errgroup.WithContext(t.Context())
	const workers, rounds, size = 8, 10, 500
	for worker := range uint32(workers) {
		group.Go(func() error {
			for round := range uint32(rounds) {
				batch, err := db.PrepareBatch(ctx, "INSERT INTO par")
				if err != nil {
					return err
				}
				for i := range uint32(size) {
					if err := batch.Append(worker, round*size+i); err != nil {
						return err
					}
				}
				if err := batch.Send(); err != nil {
					return err
				}
				var count uint64
				row := db.QueryRow(ctx, "SELECT count() FROM par WHERE worker = {w:UInt32}", clickhouse.Named("w", worker))
				if err := row.Scan(&count); err != nil {
					return err
				}
				if want := uint64(round+1) * size; count != want {
					return fmt.Errorf("worker %d sees %d rows, wrote %d", worker, count, want)
				}
			}
			return nil
		})
	}
	require.NoError(t, group.Wait())
}

// TestResultsDoNotLeak: the engine's results stay in its memory until they are
// destroyed, and insert streams with them.
func TestResultsDoNotLeak(t *testing.T) {
	supervisor := chdbtest.Start(t)
	db := chdbtest.Open(t, supervisor.Writer())
	require.NoError(t, db.Exec(t.Context(), "CREATE TABLE texts (text String) ENGINE = Null"))
	use := func(times int) {
		for range times {
			var text string
			require.NoError(t, db.QueryRow(t.Context(), "SELECT repeat('x', 1000000)").Scan(&text))
			batch, err := db.PrepareBatch(t.Context(), "INSERT INTO texts")
			require.NoError(t, err)
			require.NoError(t, batch.Append(text))
			require.NoError(t, batch.Send())
			require.Error(t, db.Exec(t.Context(), "SELECT * FROM nowhere"))
		}
	}
	use(100) // what it keeps anyway
	before := resident(t, supervisor.PID())
	use(200)
	assert.Less(t, resident(t, supervisor.PID())-before, 60, "MiB more after 200 results of 1 MB")
}

// resident is a process's resident memory in MiB.
func resident(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Log("no memory figures: this system has no /proc")
		return 0
	}
	for line := range strings.Lines(string(status)) {
		var kib int
		if _, err := fmt.Sscanf(line, "VmRSS: %d kB", &kib); err == nil {
			return kib >> 10
		}
	}
	require.Fail(t, "no VmRSS in the process's status")
	return 0
}

func TestRequestsThatMakeNoSenseAreRefused(t *testing.T) {
	supervisor := chdbtest.Start(t)
	auth := supervisor.Writer().Auth
	cases := map[string]struct {
		url, body string
		header    http.Header
		status    int
		says      string
	}{
		"empty statement":      {url: "/", status: 400, says: "the statement is empty"},
		"unknown key":          {url: "/?Bad-Key=1", body: "SELECT 1", status: 400, says: `"Bad-Key"`},
		"setting unknown":      {url: "/?no_such_setting=1", body: "SELECT 1", status: 500, says: "Code: 115."},
		"compressed":           {url: "/?compress=1", body: "SELECT 1", status: 400, says: "compression"},
		"gzip":                 {url: "/", body: "SELECT 1", header: http.Header{"Content-Encoding": {"gzip"}}, status: 400, says: `"gzip"`},
		"multipart":            {url: "/", body: "x", header: http.Header{"Content-Type": {"multipart/form-data; boundary=x"}}, status: 400, says: "external tables"},
		"bad revision":         {url: "/?client_protocol_version=x", body: "SELECT 1", status: 400, says: `"x"`},
		"data to a non-insert": {url: "/?query=SELECT+1", body: "data", status: 400, says: "must be an INSERT"},
		"truncated block":      {url: "/?query=INSERT+INTO+system.one+FORMAT+Native", body: "\x01\x05\x01n", status: 500, says: "Code: "},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+supervisor.Addr()+c.url, strings.NewReader(c.body))
			require.NoError(t, err)
			req.SetBasicAuth(auth.Username, auth.Password)
			maps.Copy(req.Header, c.header)
			res, err := http.DefaultClient.Do(req)
			require.NoError(t, err)
			defer res.Body.Close()
			text := readAll(t, res)
			assert.Equal(t, c.status, res.StatusCode, text)
			assert.Contains(t, text, c.says)
			assert.NotEmpty(t, res.Header.Get("X-ClickHouse-Exception-Code"))
		})
	}
	require.NoError(t, chdbtest.Open(t, supervisor.Writer()).Ping(t.Context()))
}
