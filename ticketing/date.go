package ticketing

import (
	"fmt"
	"time"
)

// Date is a calendar day at the venue, in the form YYYY-MM-DD. Days begin at
// 00:00 Asia/Shanghai, which has had no daylight saving since 1991.
type Date string

// venueZone is fixed, so that no time zone database is needed.
func venueZone() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }

// ParseDate reads a day of the form YYYY-MM-DD.
func ParseDate(s string) (Date, error) {
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return "", fmt.Errorf("date %q is not of the form YYYY-MM-DD", shorten(s))
	}
	return Date(s), nil
}

// DateOf is the venue's day at the moment t.
func DateOf(t time.Time) Date { return Date(t.In(venueZone()).Format(time.DateOnly)) }

// Start is the moment at which the day begins; zero for a malformed date.
func (d Date) Start() time.Time {
	t, err := time.ParseInLocation(time.DateOnly, string(d), venueZone())
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// plus is the day so many days later; empty for a malformed date.
func (d Date) plus(days int) Date {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return ""
	}
	return Date(t.AddDate(0, 0, days).Format(time.DateOnly))
}

// shorten bounds a visitor's text before it is repeated in an error.
func shorten(s string) string {
	const most = 40
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
