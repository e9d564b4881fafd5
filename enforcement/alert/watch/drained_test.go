package watch_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/alert"
	"fairgate/enforcement/alert/watch"
	"fairgate/enforcement/ledger/live"
	"fairgate/enforcement/notify"
)

// house has days of a thousand places and counts how often it is asked.
type house struct {
	booked []live.Booked
	places int
	asked  int
	err    error
}

func (h *house) Booked(context.Context, string, live.Stretch) ([]live.Booked, error) {
	return h.booked, nil
}

func (h *house) Capacity(context.Context, string, string) (int, error) {
	h.asked++
	return h.places, h.err
}

func TestDrained(t *testing.T) {
	day := func(places, shared uint64) []live.Booked {
		return []live.Booked{{Pool: "main", Day: "2026-12-01", Orders: places / 2, Places: places, Accounts: places / 2, SharedPlaces: shared, SharedAccounts: shared / 2}}
	}
	cases := map[string]struct {
		booked   []live.Booked
		places   int
		severity notify.Severity
	}{
		"half of it, by machines":               {day(520, 300), 1000, notify.Warning},
		"most of it, by machines":               {day(900, 600), 1000, notify.Urgent},
		"all of it, by people in a hurry":       {day(1000, 40), 1000, notify.Notice},
		"the opening second, excited people":    {day(180, 12), 1000, ""},
		"a busy minute":                         {day(490, 400), 1000, ""},
		"a guided tour of twelve":               {day(12, 12), 12, ""},
		"a day that the booking system forgets": {day(500, 500), 0, ""},
		"a quiet night":                         {nil, 1000, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			h := &house{booked: c.booked, places: c.places}
			found := look(t, watch.NewDrained(h, h, site, watch.DrainedOptions{Now: at(opening)}))
			if c.severity == "" {
				assert.Empty(t, found)
				return
			}
			require.Len(t, found, 1)
			assert.Equal(t, alert.PoolDrained, found[0].Pattern)
			assert.Equal(t, c.severity, found[0].Severity)
			assert.Equal(t, []string{"main"}, found[0].Pools)
			assert.Contains(t, found[0].What.ZH, "2026-12-01")
		})
	}
}

func TestDrainedTellsTheWorstDayOfAPool(t *testing.T) {
	day := func(date string, shared uint64) live.Booked {
		return live.Booked{Pool: "main", Day: date, Places: 900, Accounts: 300, SharedPlaces: shared}
	}
	now := &clock{now: opening}
	h := &house{places: 1000, booked: []live.Booked{day("2026-12-01", 0), day("2026-12-02", 900), day("2026-12-03", 0)}}
	w := watch.NewDrained(h, h, site, watch.DrainedOptions{Now: now.Now})
	for range 3 {
		found := look(t, w)
		require.Len(t, found, 1)
		assert.Contains(t, found[0].What.EN, "2026-12-02")
	}
	assert.Equal(t, 3, h.asked, "a capacity is asked for once a minute")
	now.advance(2 * time.Minute)
	h.err = errors.New("away")
	_, err := w.Look(t.Context())
	require.ErrorIs(t, err, h.err)
}
