package notice

import (
	"fmt"
	"regexp"
	"time"

	"fairgate/ticketing"
)

// Venue is the page of the house itself. The JSON is how its history keeps it.
type Venue struct {
	Name         Text    `json:"name"`
	Address      Text    `json:"address"`
	Transport    Text    `json:"transport"` // how to get there, limited Markdown
	Phone        string  `json:"phone,omitempty"`
	TimeZone     string  `json:"time_zone"`
	OpeningHours []Hours `json:"opening_hours,omitempty"`

	Version   int64     `json:"version"` // 0 = nothing was ever said
	UpdatedAt time.Time `json:"updated_at"`
	UpdatedBy string    `json:"updated_by"`
}

// Hours are when the house is open on some weekdays. Days that no entry names
// are closed.
type Hours struct {
	Weekdays  []string        `json:"weekdays"` // mon … sun
	Open      ticketing.Clock `json:"open"`
	Close     ticketing.Clock `json:"close"`
	LastEntry ticketing.Clock `json:"last_entry,omitempty"`
	Note      Text            `json:"note"`
}

// TimeZone is where the days of every pool begin; see ticketing.Date.
const TimeZone = "Asia/Shanghai"

// Bounds of the venue's page, in characters.
const (
	maxVenueName    = 120
	maxVenueAddress = 300
	maxTransport    = 4000
	maxHours        = 14
	maxNote         = 200
)

var phone = regexp.MustCompile(`^\+?[0-9][0-9 ()/-]{2,38}$`)

// validate names the first field that is wrong; it tidies texts.
func (v *Venue) validate() error {
	v.Name, v.Address, v.Transport = v.Name.tidied(), v.Address.tidied(), v.Transport.tidied()
	if v.Name.ZH == "" {
		return invalidField("name_zh", "is needed")
	}
	for _, text := range []struct {
		field string
		text  Text
		most  int
		check func(field, text string, most int) error
	}{{"name", v.Name, maxVenueName, line}, {"address", v.Address, maxVenueAddress, line}, {"transport", v.Transport, maxTransport, markdown}} {
		if err := both(text.field, text.text, text.most, text.check); err != nil {
			return err
		}
	}
	if v.Phone != "" && !phone.MatchString(v.Phone) {
		return invalidField("phone", "want digits, which spaces, hyphens, brackets and slashes may part")
	}
	if v.TimeZone != TimeZone {
		return invalidField("time_zone", "want %s, by which all days are counted", TimeZone)
	}
	if len(v.OpeningHours) > maxHours {
		return invalidField("opening_hours", "want at most %d, got %d", maxHours, len(v.OpeningHours))
	}
	for i, h := range v.OpeningHours {
		if err := h.validate(fmt.Sprintf("opening_hours[%d]", i)); err != nil {
			return err
		}
	}
	return nil
}

// both checks a text in both languages; neither is needed.
func both(field string, text Text, most int, check func(field, text string, most int) error) error {
	if text.ZH == "" && text.EN != "" {
		return invalidField(field+"_zh", "is needed where there is English")
	}
	if err := check(field+"_zh", text.ZH, most); err != nil {
		return err
	}
	return check(field+"_en", text.EN, most)
}

func (h Hours) validate(field string) error {
	if len(h.Weekdays) == 0 {
		return invalidField(field+".weekdays", "want at least one")
	}
	seen := map[string]bool{}
	for _, day := range h.Weekdays {
		switch day {
		case "mon", "tue", "wed", "thu", "fri", "sat", "sun":
		default:
			return invalidField(field+".weekdays", "want mon, tue, wed, thu, fri, sat or sun")
		}
		if seen[day] {
			return invalidField(field+".weekdays", "%s is named twice", day)
		}
		seen[day] = true
	}
	for _, clock := range []struct {
		name string
		at   ticketing.Clock
		need bool
	}{{"open", h.Open, true}, {"close", h.Close, true}, {"last_entry", h.LastEntry, false}} {
		if clock.at == "" && !clock.need {
			continue
		}
		if _, err := ticketing.ParseClock(string(clock.at)); err != nil {
			return invalidField(field+"."+clock.name, "%v", err)
		}
	}
	if h.Open >= h.Close {
		return invalidField(field+".close", "want a time after %s", h.Open)
	}
	if h.LastEntry != "" && (h.LastEntry < h.Open || h.LastEntry > h.Close) {
		return invalidField(field+".last_entry", "want a time between %s and %s", h.Open, h.Close)
	}
	return both(field+".note", h.Note, maxNote, line)
}
