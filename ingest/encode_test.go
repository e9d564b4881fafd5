package ingest_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
)

// filler puts something into every field, so that a field that the encoder
// does not know is found out.
type filler struct {
	random *rand.Rand
	text   string
	number float64
}

func (f *filler) fill(v reflect.Value) {
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(pick(f, time.Time{}, time.UnixMilli(f.random.Int64N(4e12)).UTC(), time.Unix(1, 5).In(time.FixedZone("", 8*3600)))))
		return
	case netip.Addr:
		v.Set(reflect.ValueOf(pick(f, netip.Addr{}, netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("2001:db8::1%eth<0>"), netip.MustParseAddr("::ffff:192.0.2.7"))))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		if f.random.IntN(8) > 0 {
			for _, field := range v.Fields() {
				f.fill(field)
			}
		}
	case reflect.String:
		v.SetString(pick(f, "", "plain", `"\<>&`, "兵马俑\u2028\x00\xff\t", f.text))
	case reflect.Bool:
		v.SetBool(f.random.IntN(2) == 0)
	case reflect.Int, reflect.Int64:
		v.SetInt(pick[int64](f, 0, -1, 200, math.MaxInt64, f.random.Int64()))
	case reflect.Uint32, reflect.Uint64:
		v.SetUint(pick[uint64](f, 0, 1, math.MaxUint32))
	case reflect.Float64:
		v.SetFloat(pick[float64](f, 0, math.Copysign(0, -1), -1, 3, 0.1, 1e-7, -1e-9, 1e21, 1e15, 9e18, math.MaxFloat64, 5e-324, f.random.NormFloat64(), f.number))
	case reflect.Slice:
		n := f.random.IntN(4)
		if n == 3 {
			return // nil, which is not the same as empty
		}
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			f.fill(v.Index(i))
		}
	case reflect.Pointer:
		if f.random.IntN(2) == 0 {
			v.Set(reflect.New(v.Type().Elem()))
			f.fill(v.Elem())
		}
	default:
		panic("no value for a " + v.Type().String())
	}
}

func pick[T any](f *filler, from ...T) T { return from[f.random.IntN(len(from))] }

func FuzzAppendJSON(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed, "x", 1.5)
	}
	f.Fuzz(func(t *testing.T, seed uint64, text string, number float64) {
		var e ingest.Event
		fill := filler{rand.New(rand.NewPCG(seed, 7)), text, number}
		fill.fill(reflect.ValueOf(&e).Elem())
		want, err := json.Marshal(&e)
		got, gotErr := e.AppendJSON([]byte("before"))
		if err != nil {
			require.Error(t, gotErr)
			assert.Equal(t, "before", string(got))
			return
		}
		require.NoError(t, gotErr)
		assert.Equal(t, "before"+string(want), string(got))
	})
}

func TestAppendJSONRefuses(t *testing.T) {
	for name, e := range map[string]ingest.Event{
		"a value that is not a number": {Decision: ingest.Decision{Snapshot: ingest.Snapshot{Names: []string{"a"}, Values: []float64{math.NaN()}}}},
		"an infinite score":            {Decision: ingest.Decision{Score: math.Inf(1)}},
		"a year of five digits":        {Time: time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		_, err := json.Marshal(&e)
		require.Error(t, err, name)
		b, err := e.AppendJSON(nil)
		require.Error(t, err, name)
		assert.Empty(t, b, name)
	}
}

func booking() *ingest.Event {
	at := time.UnixMilli(1_790_000_000_123).UTC()
	return &ingest.Event{
		ID: "01980000-0000-7000-8000-000000000001", Time: at, Site: "museum", Gateway: "gw-1", Boot: "5f0c6d1e-4c5c-4a27-8a0e-1d9df0f8cd55", Seq: 4711,
		Kind: ingest.KindOrderSubmit, Route: "order.submit", Method: "POST", Path: "/api/v1/orders",
		Subject: ingest.Subject{
			Account: "018f0000-0000-7000-8000-000000000009", Session: "0123456789abcdef0123456789abcdef", Device: "fedcba9876543210fedcba9876543210",
			DeviceIssued: at, Documents: []string{"0123456789abcdef0123456789abcdef", "1123456789abcdef0123456789abcdef"}, Phone: "2123456789abcdef0123456789abcdef",
			Cluster: "c-17", ClusterSize: 12, ClusterGrowth: 3, ClusterConfirmed: 1,
		},
		Client: ingest.Client{IP: netip.MustParseAddr("100.64.1.2"), Subnet: "100.64.1.0/24", UserAgent: "Mozilla/5.0 (Linux; Android 14)", Headers: "0123456789abcdef", Language: "zh-cn"},
		Order:  ingest.Order{Pool: "main", Day: "2026-12-01", Positions: 2},
		Decision: ingest.Decision{Action: ingest.Allow, Ruleset: "0123456789abcdef", Snapshot: ingest.Snapshot{
			Names:  []string{"account_orders_1m", "device_accounts_1h", "ip_orders_1m", "account_interval_cv"},
			Values: []float64{1, 2, 3, 0.25},
		}},
		Outcome: ingest.Outcome{Disposition: ingest.DispositionForwarded, Status: 201, OrderState: "provisional", Latency: 4 * time.Millisecond, Screening: time.Millisecond},
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	e := booking()
	b.Run("appended", func(b *testing.B) {
		b.ReportAllocs()
		var buf []byte
		for b.Loop() {
			buf, _ = e.AppendJSON(buf[:0])
		}
	})
	b.Run("encoding-json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = json.Marshal(e)
		}
	})
}
