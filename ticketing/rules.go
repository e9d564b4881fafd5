package ticketing

import (
	"fmt"
	"time"
)

// Rules are what a pool asks of bookings beyond its price and capacity. The
// zero value of a field means that there is no such rule. Deadlines count back
// from the beginning of the visit: of the slot, or of the day where it has no
// slots; without one, a booking may be given up or changed until its day ends.
type Rules struct {
	LimitPerPerson int   `json:"limit_per_person,omitempty"` // positions that one account may have in the pool on a day
	DaysAhead      int   `json:"days_ahead,omitempty"`       // how far ahead days can be booked
	DailyOpening   Clock `json:"daily_opening,omitempty"`    // when the furthest of these days opens; default 00:00
	NoticeSeconds  int64 `json:"notice_seconds,omitempty"`   // booking ends so long before the visit

	RefundDeadlineSeconds   int64 `json:"refund_deadline_seconds,omitempty"`
	ChangeDeadlineSeconds   int64 `json:"change_deadline_seconds,omitempty"`
	TransferDeadlineSeconds int64 `json:"transfer_deadline_seconds,omitempty"`

	WindowBookings int `json:"window_bookings,omitempty"` // a document may visit the pool at most so often …
	WindowDays     int `json:"window_days,omitempty"`     // … within any so many days

	NoShowStrikes    int `json:"no_show_strikes,omitempty"`     // every so many no-shows of a document …
	NoShowFreezeDays int `json:"no_show_freeze_days,omitempty"` // … freeze its booking in the pool for so many days

	MinorAge       int `json:"minor_age,omitempty"`        // visitors younger than this, in full years on the visit day, need an adult in their order
	MinorsPerAdult int `json:"minors_per_adult,omitempty"` // that one adult may bring

	MinAge          int  `json:"min_age,omitempty"` // of every visitor, in full years on the visit day, where the document tells it
	MaxAge          int  `json:"max_age,omitempty"`
	PhoneRequired   bool `json:"phone_required,omitempty"`    // of every visitor; always so in pools of the kind guardian
	OncePerDocument bool `json:"once_per_document,omitempty"` // a document may stand in the pool on one day only

	CheckIn *CheckInRules `json:"check_in,omitempty"` // what is asked at the gates; never changed in place
}

// Bounds of a pool's rules.
const (
	maxDaysAhead  = 366
	maxDeadline   = 366 * 24 * 60 * 60 // seconds
	maxWindowDays = 92
	maxStrikes    = 100
	maxFreezeDays = 3660
	maxAge        = 150 // full years
)

// validate names the first field that is wrong.
func (r Rules) validate() error {
	for _, bound := range []struct {
		field      string
		value, max int64
	}{
		{"limit_per_person", int64(r.LimitPerPerson), maxGroup},
		{"days_ahead", int64(r.DaysAhead), maxDaysAhead},
		{"notice_seconds", r.NoticeSeconds, maxDeadline},
		{"refund_deadline_seconds", r.RefundDeadlineSeconds, maxDeadline},
		{"change_deadline_seconds", r.ChangeDeadlineSeconds, maxDeadline},
		{"transfer_deadline_seconds", r.TransferDeadlineSeconds, maxDeadline},
		{"window_bookings", int64(r.WindowBookings), maxWindowDays},
		{"window_days", int64(r.WindowDays), maxWindowDays},
		{"no_show_strikes", int64(r.NoShowStrikes), maxStrikes},
		{"no_show_freeze_days", int64(r.NoShowFreezeDays), maxFreezeDays},
		{"minor_age", int64(r.MinorAge), adultAge},
		{"minors_per_adult", int64(r.MinorsPerAdult), maxLimitPerOrder},
		{"min_age", int64(r.MinAge), maxAge},
		{"max_age", int64(r.MaxAge), maxAge},
	} {
		if bound.value < 0 || bound.value > bound.max {
			return invalidField("rules."+bound.field, "want 0 to %d, got %d", bound.max, bound.value)
		}
	}
	if r.DailyOpening != "" {
		if _, err := ParseClock(string(r.DailyOpening)); err != nil {
			return invalidField("rules.daily_opening", "%v", err)
		}
		if r.DaysAhead == 0 {
			return invalidField("rules.daily_opening", "needs days_ahead, of which it opens the last")
		}
	}
	for _, pair := range []struct {
		field string
		a, b  int
	}{
		{"window_days", r.WindowBookings, r.WindowDays},
		{"no_show_freeze_days", r.NoShowStrikes, r.NoShowFreezeDays},
	} {
		if (pair.a == 0) != (pair.b == 0) {
			return invalidField("rules."+pair.field, "a rule has two numbers: give both or neither")
		}
	}
	if r.MaxAge > 0 && r.MinAge > r.MaxAge {
		return invalidField("rules.max_age", "want at least min_age, %d, got %d", r.MinAge, r.MaxAge)
	}
	if r.MinorsPerAdult > 0 && r.MinorAge == 0 {
		return invalidField("rules.minors_per_adult", "needs minor_age")
	}
	return r.CheckIn.validate()
}

// inTime refuses what a settled order's deadline rules out.
func inTime(o *Order, seconds int64, now time.Time) error {
	if o.State == StateHeld || seconds == 0 || before(now, o.Place(), seconds) {
		return nil
	}
	return &Error{Code: CodeTooLate, Detail: fmt.Sprintf("this ends %v before the visit", time.Duration(seconds)*time.Second)}
}

// before reports whether the visit is more than so many seconds away.
func before(now time.Time, at Place, seconds int64) bool {
	return now.Before(at.starts().Add(-time.Duration(seconds) * time.Second))
}
