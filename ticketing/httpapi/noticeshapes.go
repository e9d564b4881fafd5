package httpapi

import (
	"fairgate/ticketing"
	"fairgate/ticketing/notice"
)

// announcement is what visitors read.
type announcement struct {
	ID          string           `json:"id"`
	Kind        notice.Kind      `json:"kind"`
	Pool        string           `json:"pool,omitempty"`  // absent = the whole venue
	Dates       []ticketing.Date `json:"dates,omitempty"` // the days it concerns
	TitleZH     string           `json:"title_zh,omitempty"`
	TitleEN     string           `json:"title_en,omitempty"`
	BodyZH      string           `json:"body_zh,omitempty" doc:"Plain text or limited Markdown, never HTML."`
	BodyEN      string           `json:"body_en,omitempty"`
	Fallback    bool             `json:"en_fallback,omitempty" doc:"The English fields hold the Chinese: there is no English."`
	Pinned      bool             `json:"pinned"`
	PublishedAt ticketing.Millis `json:"published_at"`
	Version     int64            `json:"version"`
}

type board struct {
	Version       int64          `json:"version" doc:"Of all announcements; see get-versions."`
	RulesVersion  int64          `json:"rules_version" doc:"Of the booking rules in force in the pool asked for, or in the whole venue: what a booking may state."`
	Announcements []announcement `json:"announcements"`
	Next          string         `json:"next,omitempty" doc:"The after of the next page; absent = there is no more."`
}

func showBoard(page notice.Page, lang string) board {
	out := board{
		Version: page.Version, RulesVersion: page.RulesVersion, Next: page.Next, Announcements: make([]announcement, len(page.Announcements)),
	}
	for i, a := range page.Announcements {
		shown := announcement{
			ID: a.ID, Kind: a.Kind, Pool: a.Pool, Dates: a.Dates, Pinned: a.Pinned, PublishedAt: ticketing.Millis{Time: a.From}, Version: a.Version,
		}
		if lang != "en" {
			shown.TitleZH, shown.BodyZH = a.Title.ZH, a.Body.ZH
		}
		if lang != "zh" {
			shown.TitleEN, shown.BodyEN, shown.Fallback = a.Title.EN, a.Body.EN, a.Title.EN == ""
			if shown.Fallback {
				shown.TitleEN, shown.BodyEN = a.Title.ZH, a.Body.ZH
			}
		}
		out.Announcements[i] = shown
	}
	return out
}

// announcementBody is what the house writes.
type announcementBody struct {
	Kind     notice.Kind      `json:"kind"`
	Pool     string           `json:"pool" required:"false" doc:"Absent = the whole venue."`
	Dates    []ticketing.Date `json:"dates" required:"false" doc:"The days it concerns."`
	TitleZH  string           `json:"title_zh"`
	TitleEN  string           `json:"title_en" required:"false"`
	BodyZH   string           `json:"body_zh" doc:"Plain text or limited Markdown: headings, lists, emphasis, and links to https:, mailto:, tel: or a path of the site."`
	BodyEN   string           `json:"body_en" required:"false"`
	Pinned   bool             `json:"pinned" required:"false"`
	Priority int              `json:"priority" required:"false" doc:"Higher ones come first; -1000 to 1000."`
	Version  int64            `json:"version" required:"false" doc:"Of a change: the version that it was made to."`
}

func (b announcementBody) content() notice.Content {
	return notice.Content{
		Kind: b.Kind, Pool: b.Pool, Dates: b.Dates, Title: notice.Text{ZH: b.TitleZH, EN: b.TitleEN},
		Body: notice.Text{ZH: b.BodyZH, EN: b.BodyEN}, Pinned: b.Pinned, Priority: b.Priority,
	}
}

// houseAnnouncement is an announcement as the house sees it.
type houseAnnouncement struct {
	ID         string            `json:"id"`
	Kind       notice.Kind       `json:"kind"`
	Pool       string            `json:"pool,omitempty"`
	Dates      []ticketing.Date  `json:"dates,omitempty"`
	TitleZH    string            `json:"title_zh"`
	TitleEN    string            `json:"title_en,omitempty"`
	BodyZH     string            `json:"body_zh"`
	BodyEN     string            `json:"body_en,omitempty"`
	Pinned     bool              `json:"pinned"`
	Priority   int               `json:"priority"`
	State      notice.State      `json:"state"`
	PublishAt  *ticketing.Millis `json:"publish_at" nullable:"true"`
	WithdrawAt *ticketing.Millis `json:"withdraw_at" nullable:"true"`
	Version    int64             `json:"version"`
	CreatedAt  ticketing.Millis  `json:"created_at"`
	UpdatedAt  ticketing.Millis  `json:"updated_at"`
	UpdatedBy  string            `json:"updated_by"`
}

type houseAnnouncementList struct {
	Announcements []houseAnnouncement `json:"announcements"`
	Next          string              `json:"next,omitempty" doc:"The after of the next page; absent = there is no more."`
}

func (a *api) showHouse(n notice.Announcement) houseAnnouncement {
	return houseAnnouncement{
		ID: n.ID, Kind: n.Kind, Pool: n.Pool, Dates: n.Dates, TitleZH: n.Title.ZH, TitleEN: n.Title.EN, BodyZH: n.Body.ZH, BodyEN: n.Body.EN,
		Pinned: n.Pinned, Priority: n.Priority, State: a.opts.Notices.StateOf(n), PublishAt: optional(n.From), WithdrawAt: optional(n.Until),
		Version: n.Version, CreatedAt: ticketing.Millis{Time: n.CreatedAt}, UpdatedAt: ticketing.Millis{Time: n.UpdatedAt}, UpdatedBy: n.UpdatedBy,
	}
}

// venue is the venue's page.
type venue struct {
	Version      int64            `json:"version"`
	NameZH       string           `json:"name_zh"`
	NameEN       string           `json:"name_en,omitempty"`
	AddressZH    string           `json:"address_zh,omitempty"`
	AddressEN    string           `json:"address_en,omitempty"`
	TransportZH  string           `json:"transport_zh,omitempty" doc:"Plain text or limited Markdown, never HTML."`
	TransportEN  string           `json:"transport_en,omitempty"`
	Phone        string           `json:"phone,omitempty"`
	TimeZone     string           `json:"time_zone"`
	OpeningHours []openingHours   `json:"opening_hours" doc:"Weekdays that none of them names are closed."`
	UpdatedAt    ticketing.Millis `json:"updated_at"`
}

type openingHours struct {
	Weekdays  []string        `json:"weekdays" doc:"mon, tue, wed, thu, fri, sat, sun."`
	Open      ticketing.Clock `json:"open"`
	Close     ticketing.Clock `json:"close"`
	LastEntry ticketing.Clock `json:"last_entry,omitempty"`
	NoteZH    string          `json:"note_zh,omitempty"`
	NoteEN    string          `json:"note_en,omitempty"`
}

func showVenue(v notice.Venue) venue {
	out := venue{
		Version: v.Version, NameZH: v.Name.ZH, NameEN: v.Name.EN, AddressZH: v.Address.ZH, AddressEN: v.Address.EN,
		TransportZH: v.Transport.ZH, TransportEN: v.Transport.EN, Phone: v.Phone, TimeZone: v.TimeZone,
		OpeningHours: make([]openingHours, len(v.OpeningHours)), UpdatedAt: ticketing.Millis{Time: v.UpdatedAt},
	}
	for i, h := range v.OpeningHours {
		out.OpeningHours[i] = openingHours{
			Weekdays: h.Weekdays, Open: h.Open, Close: h.Close, LastEntry: h.LastEntry, NoteZH: h.Note.ZH, NoteEN: h.Note.EN,
		}
	}
	return out
}

// venueBody is the venue's page as the house writes it.
type venueBody struct {
	NameZH       string         `json:"name_zh"`
	NameEN       string         `json:"name_en" required:"false"`
	AddressZH    string         `json:"address_zh" required:"false"`
	AddressEN    string         `json:"address_en" required:"false"`
	TransportZH  string         `json:"transport_zh" required:"false" doc:"Plain text or limited Markdown."`
	TransportEN  string         `json:"transport_en" required:"false"`
	Phone        string         `json:"phone" required:"false"`
	TimeZone     string         `json:"time_zone" doc:"Asia/Shanghai, by which all days are counted."`
	OpeningHours []openingHours `json:"opening_hours" required:"false"`
	Version      int64          `json:"version" required:"false" doc:"The version that the change was made to."`
}

func (b venueBody) venue() notice.Venue {
	out := notice.Venue{
		Name: notice.Text{ZH: b.NameZH, EN: b.NameEN}, Address: notice.Text{ZH: b.AddressZH, EN: b.AddressEN},
		Transport: notice.Text{ZH: b.TransportZH, EN: b.TransportEN}, Phone: b.Phone, TimeZone: b.TimeZone, Version: b.Version,
	}
	for _, h := range b.OpeningHours {
		out.OpeningHours = append(out.OpeningHours, notice.Hours{
			Weekdays: h.Weekdays, Open: h.Open, Close: h.Close, LastEntry: h.LastEntry, Note: notice.Text{ZH: h.NoteZH, EN: h.NoteEN},
		})
	}
	return out
}
