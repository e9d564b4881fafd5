package outcome_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest/outcome"
)

const good = `{"seq":1,"id":"r-1","type":"order.paid","occurred_at":"2026-05-01T09:00:00.000+08:00","order_id":"o-1",
	"account_id":"a-1","pool":"main","date":"2026-05-03","state":"paid","positions":2,"request_id":""}`

func TestDecode(t *testing.T) {
	got, err := outcome.Decode([]byte(`{"events":[` + good + `]}`))
	require.NoError(t, err)
	assert.Equal(t, []outcome.Record{{
		ID: "r-1", Type: outcome.Paid, OccurredAt: time.Date(2026, 5, 1, 1, 0, 0, 0, time.UTC), OrderID: "o-1",
		AccountID: "a-1", Pool: "main", Date: "2026-05-03", State: "paid", Positions: 2,
	}}, got)
}

func TestDecodeRefuses(t *testing.T) {
	with := func(old, replacement string) string {
		return `{"events":[` + good + `,` + strings.Replace(good, old, replacement, 1) + `]}`
	}
	many := `{"events":[` + strings.Repeat(good+",", outcome.MaxBatch) + good + `]}`
	for name, c := range map[string]struct{ body, want string }{
		"not JSON":         {`{`, "unexpected EOF"},
		"empty body":       {``, "EOF"},
		"no events":        {`{}`, "events has 0 entries"},
		"too many":         {many, "events has 201 entries"},
		"too large":        {`{"events":[` + good + `]}` + strings.Repeat(" ", outcome.MaxBytes), "at most 1048576"},
		"more behind":      {`{"events":[` + good + `]}{}`, "something follows"},
		"unknown type":     {with("order.paid", "order.eaten"), `events[1]: invalid outcome: type "order.eaten" is unknown`},
		"number as id":     {with(`"r-1"`, `7`), "events[1]: json: cannot unmarshal number into Go struct field Record.id"},
		"text as number":   {with(`"positions":2`, `"positions":"2"`), "positions"},
		"bad time":         {with("2026-05-01T09", "yesterdayT09"), "events[1]"},
		"no order":         {with(`"o-1"`, `""`), "order_id is missing"},
		"no id":            {with(`"r-1"`, `""`), "events[1]: invalid outcome: id is missing"},
		"bad date":         {with("2026-05-03", "03.05.2026"), `date "03.05.2026" is not YYYY-MM-DD`},
		"negative":         {with(`"positions":2`, `"positions":-2`), "positions -2"},
		"long":             {with("a-1", strings.Repeat("a", 129)), "account_id has 129 bytes"},
		"events no array":  {`{"events":{}}`, "events"},
		"entry no object":  {`{"events":[3]}`, "events[0]"},
		"time is missing":  {`{"events":[{"id":"r","type":"order.paid","order_id":"o"}]}`, "occurred_at is missing"},
		"null is no entry": {`{"events":[null]}`, "id is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			records, err := outcome.Decode([]byte(c.body))
			require.ErrorIs(t, err, outcome.ErrInvalid)
			require.ErrorContains(t, err, c.want)
			assert.Nil(t, records)
		})
	}
}

func TestEveryTypeIsValid(t *testing.T) {
	for _, typ := range outcome.Types() {
		assert.True(t, typ.Valid())
	}
	assert.Len(t, outcome.Types(), 15)
	assert.False(t, outcome.Type("").Valid())
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"events":[` + good + `]}`))
	f.Add([]byte(`{"events":[{}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		records, err := outcome.Decode(body)
		if err != nil {
			require.Nil(t, records)
			return
		}
		// What was taken is valid and survives its own wire form.
		b, err := json.Marshal(map[string]any{"events": records})
		require.NoError(t, err)
		if len(b) > outcome.MaxBytes {
			return
		}
		again, err := outcome.Decode(b)
		require.NoError(t, err)
		require.Equal(t, records, again)
	})
}

func TestReadCSV(t *testing.T) {
	const file = "\ufeff单号,动作,时间,人数\n" +
		"o-1,已入园,2026-05-03 10:00:00,2\n" +
		"o-2,未到,2026-05-03 18:00:00,\n" +
		"o-3,跳舞,2026-05-03 18:00:00,1\n" +
		"o-4,已入园,gestern,1\n" +
		"o-5,已入园,2026-05-03 10:00:00,two\n" +
		"o-\"6,已入园,2026-05-03 10:00:00,1\n" +
		"\n" +
		"o-7,order.refunded,2026-05-04 10:00:00,1\n"
	m := outcome.Mapping{
		OrderID: "单号", Type: "动作", OccurredAt: "时间", Positions: "人数",
		TimeFormat: outcome.TimeLocal, Zone: "Asia/Shanghai",
		Types: map[string]outcome.Type{"已入园": outcome.CheckedIn, "未到": outcome.NoShow},
	}
	read := func() (got []outcome.Record, errs []string) {
		for rec, err := range outcome.ReadCSV(strings.NewReader(file), m) {
			if err != nil {
				var row *outcome.RowError
				require.ErrorAs(t, err, &row)
				errs = append(errs, err.Error())
				continue
			}
			got = append(got, rec)
		}
		return got, errs
	}
	got, errs := read()
	require.Len(t, got, 3)
	assert.Equal(t, outcome.CheckedIn, got[0].Type)
	assert.Equal(t, time.Date(2026, 5, 3, 2, 0, 0, 0, time.UTC), got[0].OccurredAt)
	assert.Equal(t, 2, got[0].Positions)
	assert.Equal(t, outcome.NoShow, got[1].Type)
	assert.Equal(t, outcome.Refunded, got[2].Type)
	require.Len(t, errs, 4)
	assert.Contains(t, errs[0], `line 4: invalid outcome: type "跳舞" is unknown`)
	assert.Contains(t, errs[1], `line 5: invalid outcome: occurred_at: "gestern"`)
	assert.Contains(t, errs[2], `line 6: invalid outcome: positions "two"`)
	assert.Contains(t, errs[3], `line 7`)
	again, _ := read()
	assert.Equal(t, got, again, "the same file gives the same ids")
}

func TestReadCSVMapping(t *testing.T) {
	for name, c := range map[string]struct {
		m    outcome.Mapping
		want string
	}{
		"no order column": {outcome.Mapping{Type: "type", OccurredAt: "at"}, "order_id names no column"},
		"unknown column":  {outcome.Mapping{Type: "kind", OccurredAt: "at", OrderID: "order"}, `no column "kind"`},
		"bad format":      {outcome.Mapping{Type: "type", OccurredAt: "at", OrderID: "order", TimeFormat: "iso"}, `time_format "iso"`},
		"bad zone":        {outcome.Mapping{Type: "type", OccurredAt: "at", OrderID: "order", Zone: "Mars/Base"}, "zone"},
		"bad fixed type":  {outcome.Mapping{FixedType: "eaten", OccurredAt: "at", OrderID: "order"}, `fixed_type "eaten"`},
		"bad translation": {outcome.Mapping{Type: "type", OccurredAt: "at", OrderID: "order", Types: map[string]outcome.Type{"x": "y"}}, `"x"`},
	} {
		t.Run(name, func(t *testing.T) {
			n := 0
			for _, err := range outcome.ReadCSV(strings.NewReader("order,type,at\n1,order.paid,x\n"), c.m) {
				require.ErrorContains(t, err, c.want)
				n++
			}
			assert.Equal(t, 1, n)
		})
	}
	for _, format := range []outcome.TimeFormat{outcome.TimeUnixSeconds, outcome.TimeUnixMillis} {
		at := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
		value := at.Unix()
		if format == outcome.TimeUnixMillis {
			value = at.UnixMilli()
		}
		file := fmt.Sprintf("order,at\n1,%d\n", value)
		for rec, err := range outcome.ReadCSV(strings.NewReader(file), outcome.Mapping{
			FixedType: outcome.Paid, OccurredAt: "at", OrderID: "order", TimeFormat: format,
		}) {
			require.NoError(t, err)
			assert.Equal(t, at, rec.OccurredAt)
		}
	}
	for _, err := range outcome.ReadCSV(strings.NewReader(""), outcome.Mapping{}) {
		require.ErrorContains(t, err, "header")
	}
}
