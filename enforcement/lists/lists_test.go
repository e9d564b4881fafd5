package lists_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/lists"
	"fairgate/enforcement/outbox"
	"fairgate/ingest"
	"fairgate/ingest/sqldb"
	"fairgate/ingest/sqldb/sqldbtest"
	"fairgate/rules"
)

var start = time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)

// memoryMarks is a store of marks that can be lost and can be away.
type memoryMarks struct {
	mu      sync.Mutex
	marks   map[enforcement.Target][]byte
	ttls    map[enforcement.Target]time.Duration
	version int64
	held    bool
	away    error
	writes  int
}

func newMemoryMarks() *memoryMarks {
	return &memoryMarks{marks: map[enforcement.Target][]byte{}, ttls: map[enforcement.Target]time.Duration{}}
}

func (m *memoryMarks) Write(_ context.Context, marks []lists.MarkWrite) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away != nil {
		return m.away
	}
	for _, w := range marks {
		m.writes++
		if w.Data == nil {
			delete(m.marks, w.Target)
			continue
		}
		m.marks[w.Target], m.ttls[w.Target] = w.Data, w.TTL
	}
	return nil
}

func (m *memoryMarks) Version(context.Context) (int64, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.version, m.held, m.away
}

func (m *memoryMarks) SetVersion(_ context.Context, v int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.version, m.held = v, true
	return m.away
}

func (m *memoryMarks) mark(t *testing.T, target enforcement.Target) enforcement.Mark {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	mark, err := enforcement.DecodeMark(m.marks[target])
	require.NoError(t, err)
	return mark
}

func account(key string) enforcement.Target {
	return enforcement.Target{Entity: rules.EntityAccount, Key: key}
}

func denial(key string) enforcement.Denial {
	return enforcement.Denial{
		Site: "museum", Target: account(key), Source: enforcement.EntryByRule, Rule: "rotation", Ruleset: "v1",
		Class: ingest.ReasonIdentity, Actor: enforcement.ActorEnforcer, EventID: "e-" + key, At: start, TTL: time.Hour,
	}
}

type fixture struct {
	*lists.Service
	db    *sqldb.DB
	marks *memoryMarks
	now   time.Time
}

func each(t *testing.T, test func(t *testing.T, f *fixture)) {
	t.Helper()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := &fixture{db: db, marks: newMemoryMarks(), now: start}
		var err error
		f.Service, err = lists.New(t.Context(), db, f.marks, lists.Options{Now: func() time.Time { return f.now }})
		require.NoError(t, err)
		test(t, f)
	})
}

func (f *fixture) actions(t *testing.T) []enforcement.Action {
	t.Helper()
	var actions []enforcement.Action
	relay := outbox.NewRelay(f.db, publish(func(messages []outbox.Message) {
		for _, m := range messages {
			var a enforcement.Action
			require.NoError(t, json.Unmarshal(m.Payload, &a))
			require.Equal(t, a.Target.Key, m.Key)
			actions = append(actions, a)
		}
	}), outbox.RelayOptions{})
	_, err := relay.Drain(t.Context())
	require.NoError(t, err)
	return actions
}

type publish func([]outbox.Message)

func (p publish) Publish(_ context.Context, messages []outbox.Message) error {
	p(messages)
	return nil
}

func TestDenyListsMarksAndRecords(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		results, err := f.Deny(t.Context(), []enforcement.Denial{denial("a"), denial("b")})
		require.NoError(t, err)
		require.Len(t, results, 2)
		assert.True(t, results[0].Stands && results[0].Changed)

		entry, err := f.Get(t.Context(), results[0].EntryID)
		require.NoError(t, err)
		assert.Equal(t, start.Add(time.Hour), entry.Expires)
		assert.Equal(t, "e-a", entry.EventID)
		require.Len(t, f.marks.mark(t, account("a")).Entries, 1)
		assert.Equal(t, entry.ID, f.marks.mark(t, account("a")).Entries[0].ID)

		actions := f.actions(t)
		require.Len(t, actions, 2)
		assert.Equal(t, enforcement.ActionBlock, actions[0].Kind)
		assert.NotEmpty(t, actions[0].ID)
		assert.Empty(t, f.actions(t), "what was published is gone")
	})
}

func TestRepeatedDenialExtendsAndNeverShortens(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		first, err := f.Deny(t.Context(), []enforcement.Denial{denial("a")})
		require.NoError(t, err)
		f.marks.writes = 0

		steps := []struct {
			name    string
			after   time.Duration
			ttl     time.Duration
			changed bool
			expires time.Duration
		}{
			{"the same again", 0, time.Hour, false, time.Hour},
			{"hardly later", 30 * time.Second, time.Hour, false, time.Hour},
			{"shorter", 10 * time.Minute, time.Minute, false, time.Hour},
			{"longer", 10 * time.Minute, time.Hour, true, 70 * time.Minute},
		}
		for _, step := range steps {
			d := denial("a")
			d.At, d.TTL = start.Add(step.after), step.ttl
			results, err := f.Deny(t.Context(), []enforcement.Denial{d})
			require.NoError(t, err, step.name)
			assert.Equal(t, first[0].EntryID, results[0].EntryID, step.name)
			assert.Equal(t, step.changed, results[0].Changed, step.name)
			entry, err := f.Get(t.Context(), first[0].EntryID)
			require.NoError(t, err)
			assert.Equal(t, start.Add(step.expires), entry.Expires, step.name)
		}
		assert.Equal(t, 1, f.marks.writes, "a covered repeat writes nothing")

		later := denial("a")
		later.At = start.Add(5 * time.Hour)
		results, err := f.Deny(t.Context(), []enforcement.Denial{later})
		require.NoError(t, err)
		assert.NotEqual(t, first[0].EntryID, results[0].EntryID, "after its end a new entry begins")
	})
}

func TestExceptionForbidsOnlyItsOwnRule(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		denied, err := f.Deny(t.Context(), []enforcement.Denial{denial("guide")})
		require.NoError(t, err)
		exception := lists.Exception{Site: "museum", Target: account("guide"), Rule: "rotation", Reason: "tour guide", Actor: "li", Expires: start.Add(24 * time.Hour)}
		_, err = f.Except(t.Context(), exception)
		require.NoError(t, err)

		entry, err := f.Get(t.Context(), denied[0].EntryID)
		require.NoError(t, err)
		assert.False(t, entry.LiftedAt.IsZero(), "the rule's entry is lifted")

		other := denial("guide")
		other.Rule = "polling"
		results, err := f.Deny(t.Context(), []enforcement.Denial{denial("guide"), other, denial("stranger")})
		require.NoError(t, err)
		assert.Equal(t, []bool{false, true, true}, []bool{results[0].Stands, results[1].Stands, results[2].Stands})

		_, err = f.Except(t.Context(), exception)
		require.NoError(t, err, "excepting twice replaces")
		kinds := map[enforcement.EntryKind]int{}
		for _, e := range f.marks.mark(t, account("guide")).Entries {
			kinds[e.Kind]++
		}
		assert.Equal(t, map[enforcement.EntryKind]int{"deny": 1, "exception": 1}, kinds)
	})
}

func TestClearLiftsTheDeviceTooAndForbidsThePast(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		device := denial("a")
		device.Target, device.Account = enforcement.Target{Entity: rules.EntityDevice, Key: "d1"}, "a"
		bystander := denial("z")
		_, err := f.Deny(t.Context(), []enforcement.Denial{denial("a"), device, bystander})
		require.NoError(t, err)
		f.actions(t)

		at := start.Add(time.Minute)
		lifted, err := f.Clear(t.Context(), "museum", account("a"), at, "li", "a family")
		require.NoError(t, err)
		assert.Len(t, lifted, 2)
		for _, a := range f.actions(t) {
			assert.Equal(t, enforcement.ActionUnblock, a.Kind)
			assert.Equal(t, "li", a.Actor)
		}
		for _, cleared := range []enforcement.Target{account("a"), device.Target} {
			assert.Equal(t, enforcement.Mark{Cleared: at}, f.marks.mark(t, cleared), "%s: its counters begin anew", cleared)
		}
		assert.Zero(t, f.marks.mark(t, account("z")).Cleared)

		results, err := f.Deny(t.Context(), []enforcement.Denial{denial("a"), device})
		require.NoError(t, err)
		assert.False(t, results[0].Stands || results[1].Stands, "events from before cannot act")
		_, found, err := f.Standing(t.Context(), "museum", []enforcement.Target{account("a"), device.Target}, at)
		require.NoError(t, err)
		assert.False(t, found)
		_, found, err = f.Standing(t.Context(), "museum", []enforcement.Target{account("z")}, at)
		require.NoError(t, err)
		assert.True(t, found)

		after := denial("a")
		after.At = at.Add(time.Second)
		results, err = f.Deny(t.Context(), []enforcement.Denial{after})
		require.NoError(t, err)
		assert.True(t, results[0].Stands, "later events can")
	})
}

func TestClearingIsKeptAsLongAsAWindowLooksBack(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		clearAt := func(site string, at time.Time) {
			_, err := f.Clear(t.Context(), site, account("a"), at, "li", "a family")
			require.NoError(t, err)
		}
		clearAt("museum", start)
		assert.Equal(t, rules.MaxWindow+time.Hour, f.marks.ttls[account("a")], "the longest window, and an hour's grace")
		clearAt("zoo", start.Add(2*time.Hour))
		clearAt("museum", start.Add(time.Hour))
		assert.Equal(t, start.Add(2*time.Hour), f.marks.mark(t, account("a")).Cleared, "the latest of any site")
		clearAt("zoo", start.Add(time.Hour))
		assert.Equal(t, start.Add(2*time.Hour), f.marks.mark(t, account("a")).Cleared, "an earlier one takes nothing back")

		f.now = start.Add(2*time.Hour + rules.MaxWindow + 59*time.Minute)
		f.marks.marks, f.marks.held = map[enforcement.Target][]byte{}, false
		require.NoError(t, f.EnsureMarks(t.Context()))
		assert.Equal(t, start.Add(2*time.Hour), f.marks.mark(t, account("a")).Cleared, "restored after a loss")
		f.now = f.now.Add(2 * time.Minute)
		f.marks.marks = map[enforcement.Target][]byte{}
		require.NoError(t, f.Rebuild(t.Context()))
		assert.Empty(t, f.marks.marks, "no window looks back so far")
	})
}

func TestLiftOnceAndManualDenial(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		manual := enforcement.Denial{
			Target: account("m"), Source: enforcement.EntryByHand, Reason: "resold on camera", Actor: "li", At: start,
		}
		results, err := f.Deny(t.Context(), []enforcement.Denial{manual})
		require.NoError(t, err)
		standing, found, err := f.Standing(t.Context(), "any", []enforcement.Target{account("m")}, start.AddDate(3, 0, 0))
		require.NoError(t, err)
		assert.True(t, found)
		assert.Equal(t, enforcement.EntryByHand, standing.Source)

		_, err = f.Lift(t.Context(), results[0].EntryID, "wang", "appeal granted")
		require.NoError(t, err)
		_, err = f.Lift(t.Context(), results[0].EntryID, "wang", "again")
		require.ErrorIs(t, err, lists.ErrLifted)
		_, err = f.Lift(t.Context(), "nothing", "wang", "x")
		require.ErrorIs(t, err, lists.ErrNotFound)
		_, err = f.Lift(t.Context(), results[0].EntryID, "", "x")
		require.ErrorIs(t, err, lists.ErrBadInput)
		assert.Empty(t, f.marks.mark(t, account("m")).Entries)
	})
}

func TestBadDenialsAreRefusedWhole(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		byIP := denial("x")
		byIP.Target = enforcement.Target{Entity: rules.EntityIP, Key: "203.0.113.7"}
		nobody := denial("")
		for _, bad := range []enforcement.Denial{byIP, nobody, {}} {
			_, err := f.Deny(t.Context(), []enforcement.Denial{denial("good"), bad})
			require.ErrorIs(t, err, enforcement.ErrBadDenial)
		}
		entries, _, err := f.List(t.Context(), lists.Filter{}, "", 10)
		require.NoError(t, err)
		assert.Empty(t, entries)
	})
}

func TestListPages(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		for i := range 7 {
			_, err := f.Deny(t.Context(), []enforcement.Denial{denial(fmt.Sprintf("a%d", i))})
			require.NoError(t, err)
		}
		var keys []string
		for cursor, pages := "", 0; pages == 0 || cursor != ""; pages++ {
			var entries []lists.Entry
			var err error
			entries, cursor, err = f.List(t.Context(), lists.Filter{Kind: enforcement.EntryDeny, ActiveAt: start}, cursor, 3)
			require.NoError(t, err)
			for _, e := range entries {
				keys = append(keys, e.Target.Key)
			}
			require.Less(t, pages, 4)
		}
		assert.Equal(t, []string{"a6", "a5", "a4", "a3", "a2", "a1", "a0"}, keys)
		entries, _, err := f.List(t.Context(), lists.Filter{ActiveAt: start.Add(2 * time.Hour)}, "", 5)
		require.NoError(t, err)
		assert.Empty(t, entries, "expired in event time")
		_, _, err = f.List(t.Context(), lists.Filter{}, "", 0)
		require.ErrorIs(t, err, lists.ErrBadInput)
	})
}

func TestMarksComeBackAfterALoss(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.marks.away = errors.New("away")
		_, err := f.Deny(t.Context(), []enforcement.Denial{denial("a")})
		require.NoError(t, err, "the denial is in force without its mark")
		require.Error(t, f.EnsureMarks(t.Context()))
		f.marks.away = nil
		require.NoError(t, f.EnsureMarks(t.Context()))
		assert.Len(t, f.marks.mark(t, account("a")).Entries, 1)

		f.marks.marks, f.marks.held = map[enforcement.Target][]byte{}, false
		require.NoError(t, f.EnsureMarks(t.Context()))
		assert.Len(t, f.marks.mark(t, account("a")).Entries, 1, "everything was lost and rebuilt")

		f.marks.away = errors.New("away")
		_, err = f.Clear(t.Context(), "museum", account("a"), start.Add(time.Second), "li", "people")
		require.NoError(t, err)
		f.marks.away = nil
		require.NoError(t, f.EnsureMarks(t.Context()))
		assert.Empty(t, f.marks.mark(t, account("a")).Entries, "the delta takes the entry away")

		f.marks.writes = 0
		require.NoError(t, f.EnsureMarks(t.Context()))
		assert.Zero(t, f.marks.writes, "nothing to do costs nothing")
	})
}
