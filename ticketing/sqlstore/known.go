package sqlstore

import (
	"strings"
	"time"

	"fairgate/ticketing"
)

// knownFor bounds how long what was read may stand for the database although
// nobody took a turn in between: an operator may have changed it by hand.
const knownFor = time.Second

type (
	answerKey struct{ scope, key string }
	dayKey    struct {
		pool string
		day  ticketing.Date
	}
	countKey struct {
		account string
		dayKey
	}
	documentKey struct {
		dayKey
		document string
	}
	allotmentKey struct {
		channel string
		at      ticketing.Place
	}
	visitorKey struct{ pool, document string }
)

// slotRow is a slot as it is stored.
type slotRow struct {
	ends                ticketing.Clock
	remaining, withheld int
}

// openPart is what an open stage has left of a day or slot.
type openPart struct{ stage, left int }

// maybeAllotment may also be known not to be there.
type maybeAllotment struct {
	ticketing.Allotment

	there bool
}

// stock is what is known of pools and their places. It stays true from one
// group of the writer to the next as long as no other process took a turn.
type stock struct {
	readAt time.Time
	pools  map[string]ticketing.Pool
	days   map[dayKey]*dayRow
	slots  map[ticketing.Place]*slotRow
	parts  map[ticketing.Place][]openPart

	channels   map[string]ticketing.Channel
	allotments map[allotmentKey]maybeAllotment
}

func newStock(now time.Time) *stock {
	return &stock{
		readAt: now, pools: map[string]ticketing.Pool{}, days: map[dayKey]*dayRow{},
		slots: map[ticketing.Place]*slotRow{}, parts: map[ticketing.Place][]openPart{},
		channels: map[string]ticketing.Channel{}, allotments: map[allotmentKey]maybeAllotment{},
	}
}

// persons is what is known of visitors and of earlier requests. It lives as
// long as one group, and holds the group's own writes.
type persons struct {
	answers   map[answerKey]*ticketing.Answer // nil = there is none
	documents map[documentKey]bool            // whether a live position has it
	counts    map[countKey]int
	visits    map[visitorKey]map[string][]ticketing.Date // by the days that were asked for
	missed    map[visitorKey][]time.Time
}

func newPersons() *persons {
	return &persons{
		answers: map[answerKey]*ticketing.Answer{}, documents: map[documentKey]bool{}, counts: map[countKey]int{},
		visits: map[visitorKey]map[string][]ticketing.Date{}, missed: map[visitorKey][]time.Time{},
	}
}

// effect is what a statement may change.
type effect struct{ something, stock, persons bool }

// effectOf judges by the table. A statement that cannot be made out may change
// everything.
func effectOf(statement string) effect {
	words := strings.Fields(statement[:min(len(statement), 200)])
	table := ""
	switch {
	case len(words) > 0 && strings.EqualFold(words[0], "SELECT"):
		return effect{}
	case len(words) > 2 && strings.EqualFold(words[0], "UPDATE"):
		table = words[1]
	case len(words) > 3 && (strings.EqualFold(words[0], "INSERT") || strings.EqualFold(words[0], "DELETE")):
		table = words[2]
	}
	table, _, _ = strings.Cut(table, "(")
	switch table {
	case "pools", "pool_days", "pool_slots", "release_stages", "release_parts", "channels", "allotments":
		return effect{something: true, stock: true}
	case "orders", "positions", "no_shows", "answers":
		return effect{something: true, persons: true}
	case "":
		return effect{something: true, stock: true, persons: true}
	}
	return effect{something: true}
}
