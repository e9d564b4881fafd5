package cluster_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/scoring/cluster"
)

func apply(t *testing.T, tracker *cluster.Tracker, records ...cluster.Record) {
	t.Helper()
	for _, r := range records {
		value, err := json.Marshal(r)
		require.NoError(t, err)
		require.NoError(t, tracker.Apply(r.CompactionKey(), value))
	}
}

func record(account string, kind cluster.Kind, key string, at time.Time) cluster.Record {
	return cluster.Record{Account: account, Kind: kind, Key: key, At: at}
}

// TestTrackersAgree: whoever reads the same log holds the same clusters under
// the same ids, however late it began to.
func TestTrackersAgree(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	a, b := cluster.NewTracker(cluster.Options{Window: 24 * time.Hour}), cluster.NewTracker(cluster.Options{Window: 24 * time.Hour})
	now := noon
	var log []cluster.Record
	for range 3000 {
		now = now.Add(time.Duration(r.IntN(120)) * time.Second)
		log = append(log, record(fmt.Sprint("a", r.IntN(300)), cluster.Device, fmt.Sprint(r.IntN(400)), now))
	}
	apply(t, a, log...)
	a.CaughtUp()
	_, ok := b.Of("a1", now)
	assert.False(t, ok)
	apply(t, b, log...)
	_, ok = b.Of("a1", now)
	assert.False(t, ok, "half a log makes half a cluster")
	b.CaughtUp()
	known := 0
	for i := range 300 {
		x, okx := a.Of(fmt.Sprint("a", i), now)
		y, oky := b.Of(fmt.Sprint("a", i), now)
		assert.Equal(t, okx, oky)
		assert.Equal(t, x, y)
		if okx {
			known++
		}
	}
	assert.Positive(t, known)
}

func TestOnlyNewsIsWritten(t *testing.T) {
	t.Parallel()
	tracker := cluster.NewTracker(cluster.Options{})
	tracker.CaughtUp()
	e := &ingest.Event{Time: noon}
	e.Subject.Account, e.Subject.Device = "a", "d"
	records := tracker.Records(e)
	assert.Equal(t, []cluster.Record{record("a", cluster.Device, "d", noon)}, records)
	apply(t, tracker, records...)
	e.Time = noon.Add(cluster.Refresh - time.Second)
	assert.Empty(t, tracker.Records(e))
	e.Time = noon.Add(cluster.Refresh)
	assert.Len(t, tracker.Records(e), 1, "or it would be forgotten")
}

func TestConfirmedScalpers(t *testing.T) {
	t.Parallel()
	tracker, yes, no := cluster.NewTracker(cluster.Options{Window: time.Hour}), true, false
	tracker.CaughtUp()
	apply(t, tracker, cluster.Record{Account: "a", Scalper: &yes, At: noon},
		record("a", cluster.Device, "d", noon), record("b", cluster.Device, "d", noon), record("c", cluster.Phone, "p", noon))
	s, ok := tracker.Of("b", noon)
	require.True(t, ok)
	assert.Equal(t, 1, s.Confirmed)
	apply(t, tracker, cluster.Record{Account: "c", Scalper: &yes, At: noon}, record("b", cluster.Phone, "p", noon))
	s, _ = tracker.Of("b", noon)
	assert.Equal(t, 2, s.Confirmed)
	apply(t, tracker, cluster.Record{Account: "a", Scalper: &no, At: noon})
	s, _ = tracker.Of("b", noon)
	assert.Equal(t, 1, s.Confirmed)

	later := noon.Add(2 * time.Hour)
	apply(t, tracker, record("c", cluster.Device, "e", later), record("z", cluster.Device, "e", later))
	s, _ = tracker.Of("z", later)
	assert.Equal(t, cluster.State{ID: s.ID, Size: 2, Growth: 2, Confirmed: 1}, s, "it is not forgotten with the links")
}

// TestWhatIsTakenBackIsForgotten: entries without a value take a link, or what a
// person said, back; what falls apart does so at the next rebuild.
func TestWhatIsTakenBackIsForgotten(t *testing.T) {
	t.Parallel()
	tracker := cluster.NewTracker(cluster.Options{})
	tracker.CaughtUp()
	yes := true
	said := cluster.Record{Account: "a", Scalper: &yes, At: noon}
	links := []cluster.Record{
		record("a", cluster.Device, "d", noon), record("b", cluster.Device, "d", noon),
		record("a", cluster.Document, "x\x00y", noon), record("c", cluster.Device, "d", noon),
	}
	apply(t, tracker, append(links, said)...)
	s, ok := tracker.Of("b", noon)
	require.True(t, ok)
	assert.Equal(t, 3, s.Size)
	assert.Equal(t, 1, s.Confirmed)
	for _, r := range []cluster.Record{links[0], links[2], said} {
		for range 2 { // read again, nothing more
			require.NoError(t, tracker.Apply(r.CompactionKey(), nil))
		}
	}
	s, _ = tracker.Of("b", noon)
	assert.Zero(t, s.Confirmed)
	later := noon.Add(2 * time.Hour)
	apply(t, tracker, record("b", cluster.Device, "d", later))
	s, ok = tracker.Of("b", later)
	require.True(t, ok)
	assert.Equal(t, 2, s.Size, "b and c share the device still")
	_, ok = tracker.Of("a", later)
	assert.False(t, ok)
	assert.NotContains(t, tracker.Members(s.ID, 10), "a")
	for _, key := range []string{"", "device", "device\x00d", "label\x00", "shoe\x00d\x00a"} {
		require.ErrorIs(t, tracker.Apply(key, nil), cluster.ErrBadRecord, "%q", key)
	}
}

func TestBadRecords(t *testing.T) {
	t.Parallel()
	tracker := cluster.NewTracker(cluster.Options{})
	for text, want := range map[string]string{
		`{`:                           "unexpected end",
		`{"kind":"device","key":"d"}`: "account has 0 bytes",
		`{"account":"a","kind":"device","key":"d"}`:                                            "at is missing",
		`{"account":"a","kind":"shoe","key":"d","at":"2026-05-01T12:00:00Z"}`:                  "kind \"shoe\"",
		`{"account":"a","kind":"device","at":"2026-05-01T12:00:00Z"}`:                          "key has 0 bytes",
		`{"account":"a","kind":"device","key":"d","scalper":true,"at":"2026-05-01T12:00:00Z"}`: "neither kind nor key",
	} {
		err := tracker.Apply("device\x00d\x00a", []byte(text))
		require.ErrorIs(t, err, cluster.ErrBadRecord)
		require.ErrorContains(t, err, want)
	}
	accounts, links, clusters := tracker.Size()
	assert.Zero(t, accounts+links+clusters)
}

func FuzzApply(f *testing.F) {
	f.Add("device\x00d\x00a", []byte(`{"account":"a","kind":"device","key":"d","at":"2026-05-01T12:00:00Z"}`))
	f.Add("label\x00a", []byte(`{"account":"a","scalper":true,"at":"2026-05-01T12:00:00Z"}`))
	f.Add("device\x00d\x00a", []byte(nil))
	tracker := cluster.NewTracker(cluster.Options{MaxAccounts: 100, MaxLinks: 100})
	f.Fuzz(func(t *testing.T, key string, value []byte) {
		_ = tracker.Apply(key, value)
		accounts, links, _ := tracker.Size()
		if accounts > 100 || links > 100 {
			t.Fatal("bounds")
		}
	})
}

// TestJoinsIsWhatComes compares what is said of an account before its links are
// in the log with what is found once they are.
func TestJoinsIsWhatComes(t *testing.T) {
	t.Parallel()
	tracker := cluster.NewTracker(cluster.Options{})
	event := func(account, device, phone string) *ingest.Event {
		return &ingest.Event{
			Kind: ingest.KindOrderSubmit, Time: noon, Subject: ingest.Subject{Account: account, Device: device, Phone: phone},
			Outcome: ingest.Outcome{Disposition: ingest.DispositionForwarded, Status: 201},
		}
	}
	_, ok := tracker.Joins(event("a", "d1", "p"))
	assert.False(t, ok, "half a log makes half a cluster")
	tracker.CaughtUp()
	for i, step := range []struct {
		account, device, phone string
		size                   int
	}{{"a", "d1", "p", 0}, {"b", "d2", "p", 2}, {"c", "d3", "q", 0}, {"d", "d2", "q", 3}, {"e", "d9", "p", 5}} {
		e := event(step.account, step.device, step.phone)
		said, joins := tracker.Joins(e)
		assert.Equal(t, step.size > 0, joins, i)
		if joins && step.account != "d" { // who brings two groups together is said to join the first
			defer func() {
				found, ok := tracker.Of(step.account, noon)
				assert.True(t, ok)
				assert.Equal(t, said.ID, found.ID, i)
			}()
		}
		assert.Equal(t, step.size, said.Size, i)
		apply(t, tracker, tracker.Records(e)...)
	}
	alone, ok := tracker.Alone("a")
	assert.True(t, ok)
	began, _ := tracker.Of("b", noon)
	assert.Equal(t, began.ID, alone.ID, "who begins a cluster names it")
	_, ok = tracker.Alone("")
	assert.False(t, ok)
	_, ok = tracker.Joins(&ingest.Event{Kind: ingest.KindOrderSubmit, Time: noon})
	assert.False(t, ok, "nobody joins nothing")
}

// TestAGroupKeepsTheNameOfWhoBookedFirst: what the first did with orders was
// counted under that name, whoever of the two the log has known for longer.
func TestAGroupKeepsTheNameOfWhoBookedFirst(t *testing.T) {
	t.Parallel()
	tracker := cluster.NewTracker(cluster.Options{})
	tracker.CaughtUp()
	apply(t, tracker, record("late", cluster.Device, "d1", noon), record("first", cluster.Device, "d2", noon))
	alone, ok := tracker.Alone("first")
	require.True(t, ok)
	order := func(account, device string) *ingest.Event {
		return &ingest.Event{
			Kind: ingest.KindOrderSubmit, Time: noon.Add(time.Hour), Subject: ingest.Subject{Account: account, Device: device, Phone: "p"},
			Outcome: ingest.Outcome{Disposition: ingest.DispositionForwarded, Status: 201},
		}
	}
	apply(t, tracker, tracker.Records(order("first", "d2"))...)
	said, joins := tracker.Joins(order("late", "d1"))
	require.True(t, joins)
	assert.Equal(t, alone.ID, said.ID)
	apply(t, tracker, tracker.Records(order("late", "d1"))...)
	found, ok := tracker.Of("late", noon.Add(time.Hour))
	require.True(t, ok)
	assert.Equal(t, alone.ID, found.ID)
}
