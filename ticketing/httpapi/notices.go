package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"fairgate/ticketing"
	"fairgate/ticketing/notice"
)

// noticeOperations are what visitors read and the house writes.
func (a *api) noticeOperations() {
	handle(a, operation{
		method: http.MethodGet, path: "/api/v1/announcements", id: "list-announcements", access: a.access.visitor, versioned: true,
		summary:  "What the venue tells its visitors, pinned ones first, then the newest",
		describe: "Where there is no English, the English fields hold the Chinese and en_fallback is true.",
		codes:    []ticketing.Code{ticketing.CodeInvalidField, ticketing.CodeNotConfigured},
	}, offered(a, a.announcements))
	handle(a, operation{
		method: http.MethodGet, path: "/api/v1/venue", id: "get-venue", access: a.access.visitor, versioned: true,
		summary: "The venue's page", codes: []ticketing.Code{ticketing.CodeNotFound, ticketing.CodeNotConfigured},
	}, offered(a, a.venue))
	handle(a, operation{
		method: http.MethodGet, path: "/api/v1/versions", id: "get-versions", access: a.access.visitor, versioned: true,
		summary: "The versions of all that visitors read, to be polled",
	}, a.versions)
	a.draftOperations()
	a.publishOperations()
	handle(a, operation{
		method: http.MethodPut, path: "/internal/v1/venue", id: "put-venue", access: a.access.operations,
		summary: "Write the venue's page", describe: "With a version, only if nobody has changed it meanwhile.",
		codes: []ticketing.Code{ticketing.CodeInvalidField, notice.CodeVersionConflict, ticketing.CodeNotConfigured},
	}, offered(a, a.putVenue))
	handle(a, operation{
		method: http.MethodGet, path: "/internal/v1/venue/history", id: "list-venue-versions", access: a.access.operations,
		summary: "Every version of the venue's page, with who wrote it",
		codes:   []ticketing.Code{ticketing.CodeInvalidField, ticketing.CodeNotConfigured},
	}, offered(a, a.venueHistory))
}

// draftOperations are those by which the house writes announcements.
func (a *api) draftOperations() {
	handle(a, operation{
		method: http.MethodPost, path: "/internal/v1/announcements", id: "create-announcement", access: a.access.operations,
		status: http.StatusCreated, summary: "Write an announcement as a draft",
		codes: []ticketing.Code{ticketing.CodeInvalidField, ticketing.CodeNotConfigured},
	}, offered(a, a.createAnnouncement))
	handle(a, operation{
		method: http.MethodGet, path: "/internal/v1/announcements", id: "list-house-announcements", access: a.access.operations,
		summary: "All announcements, the newest first", codes: []ticketing.Code{ticketing.CodeInvalidField, ticketing.CodeNotConfigured},
	}, offered(a, a.houseAnnouncements))
	handle(a, operation{
		method: http.MethodGet, path: "/internal/v1/announcements/{announcement}", id: "get-announcement", access: a.access.operations,
		summary: "An announcement", codes: []ticketing.Code{ticketing.CodeNotFound, ticketing.CodeNotConfigured},
	}, offered(a, a.announcement))
	handle(a, operation{
		method: http.MethodPut, path: "/internal/v1/announcements/{announcement}", id: "change-announcement", access: a.access.operations,
		summary:  "Write an announcement anew; a published one is shown so at once",
		describe: "Its kind and its pool stay. With a version, only if nobody has changed it meanwhile. Old versions are kept.",
		codes: []ticketing.Code{
			ticketing.CodeNotFound, ticketing.CodeInvalidState, notice.CodeVersionConflict, ticketing.CodeNotConfigured,
		},
	}, offered(a, a.changeAnnouncement))
	handle(a, operation{
		method: http.MethodGet, path: "/internal/v1/announcements/{announcement}/history", id: "list-announcement-versions", access: a.access.operations,
		summary: "Every version of an announcement, with who made it and how",
		codes:   []ticketing.Code{ticketing.CodeNotFound, ticketing.CodeNotConfigured},
	}, offered(a, a.announcementHistory))
}

// publishOperations are those by which the house shows announcements.
func (a *api) publishOperations() {
	act := func(verb, summary string, codes ...ticketing.Code) operation {
		return operation{
			method: http.MethodPost, path: "/internal/v1/announcements/{announcement}/" + verb, id: verb + "-announcement",
			access: a.access.operations, summary: summary, codes: append(codes, ticketing.CodeNotFound, ticketing.CodeNotConfigured),
		}
	}
	handle(a, act("publish", "Show an announcement from now on", ticketing.CodeInvalidState, notice.CodeTooMany), offered(a, a.publishAnnouncement))
	handle(a, act("schedule", "Say from when an announcement is shown, and until when", ticketing.CodeInvalidState, notice.CodeTooMany),
		offered(a, a.scheduleAnnouncement))
	handle(a, act("withdraw", "Take an announcement back for good"), offered(a, a.withdrawAnnouncement))
}

// offered refuses where the house has not set announcements up.
func offered[P, B, O any](a *api, do func(ctx context.Context, r *request[P, B]) (O, error)) func(ctx context.Context, r *request[P, B]) (O, error) {
	return setUp(a.opts.Notices != nil, do)
}

type inBoard struct {
	Pool  string `query:"pool" doc:"Only what concerns this pool: its own and the whole venue's."`
	Kind  string `query:"kind" doc:"Only notice, rules or closure."`
	Lang  string `query:"lang" enum:"zh,en" doc:"Only the texts in this language; by default both."`
	Limit int    `query:"limit" default:"20" doc:"How many at most, to 100."`
	After string `query:"after" doc:"The next of the page before."`
}

func (a *api) announcements(ctx context.Context, r *request[inBoard, none]) (board, error) {
	p := r.params
	page, err := a.opts.Notices.Board(ctx, notice.Query{Pool: p.Pool, Kind: notice.Kind(p.Kind), Limit: p.Limit, After: p.After})
	if err != nil {
		return board{}, err
	}
	r.version(page.Version)
	return showBoard(page, p.Lang), nil
}

func (a *api) venue(ctx context.Context, r *request[none, none]) (venue, error) {
	v, err := a.opts.Notices.Venue(ctx)
	if err != nil {
		return venue{}, err
	}
	r.version(v.Version)
	return showVenue(v), nil
}

func (a *api) putVenue(ctx context.Context, r *request[none, venueBody]) (venue, error) {
	v, err := a.opts.Notices.PutVenue(ctx, r.operator(), r.body.venue())
	return showVenue(v), err
}

func (a *api) venueHistory(ctx context.Context, r *request[inLog, none]) (revisionList, error) {
	found, err := a.opts.Notices.VenueHistory(ctx, r.params.After, r.params.Limit)
	return showRevisions(found), err
}

func (a *api) createAnnouncement(ctx context.Context, r *request[none, announcementBody]) (houseAnnouncement, error) {
	made, err := a.opts.Notices.Create(ctx, r.operator(), r.body.content())
	return a.showHouse(made), err
}

type inAnnouncements struct {
	State string `query:"state" doc:"Only draft, scheduled, published or withdrawn ones."`
	Kind  string `query:"kind" doc:"Only notice, rules or closure."`
	Pool  string `query:"pool" doc:"Only those of this pool; venue = only those of the whole venue."`
	Limit int    `query:"limit" default:"50" doc:"How many at most, to 200."`
	After string `query:"after" doc:"The next of the page before."`
}

// wholeVenue is how a query names what belongs to no pool.
const wholeVenue = "venue"

func (a *api) houseAnnouncements(ctx context.Context, r *request[inAnnouncements, none]) (houseAnnouncementList, error) {
	p := r.params
	filter := notice.Filter{State: notice.State(p.State), Kind: notice.Kind(p.Kind), After: p.After, Limit: p.Limit}
	switch p.Pool {
	case "":
	case wholeVenue:
		filter.Pool = new(string)
	default:
		filter.Pool = &p.Pool
	}
	found, err := a.opts.Notices.List(ctx, filter)
	if err != nil {
		return houseAnnouncementList{}, err
	}
	out := houseAnnouncementList{Announcements: make([]houseAnnouncement, len(found))}
	for i, one := range found {
		out.Announcements[i] = a.showHouse(one)
	}
	out.Next = nextOf(found, p.Limit, func(n notice.Announcement) string { return n.ID })
	return out, nil
}

type inAnnouncement struct {
	Announcement string `path:"announcement" doc:"The announcement's id."`
}

func (a *api) announcement(ctx context.Context, r *request[inAnnouncement, none]) (houseAnnouncement, error) {
	found, err := a.opts.Notices.Get(ctx, r.params.Announcement)
	return a.showHouse(found), err
}

func (a *api) changeAnnouncement(ctx context.Context, r *request[inAnnouncement, announcementBody]) (houseAnnouncement, error) {
	changed, err := a.opts.Notices.Change(ctx, r.operator(), r.params.Announcement, r.body.content(), r.body.Version)
	return a.showHouse(changed), err
}

func (a *api) publishAnnouncement(ctx context.Context, r *request[inAnnouncement, none]) (houseAnnouncement, error) {
	published, err := a.opts.Notices.Publish(ctx, r.operator(), r.params.Announcement)
	return a.showHouse(published), err
}

type scheduleBody struct {
	PublishAt  *time.Time `json:"publish_at" required:"false" doc:"Shown from then on; absent for one that is published already."`
	WithdrawAt *time.Time `json:"withdraw_at" required:"false" doc:"Withdrawn from then on; absent = it stays."`
}

func (a *api) scheduleAnnouncement(ctx context.Context, r *request[inAnnouncement, scheduleBody]) (houseAnnouncement, error) {
	scheduled, err := a.opts.Notices.Schedule(ctx, r.operator(), r.params.Announcement, moment(r.body.PublishAt), moment(r.body.WithdrawAt))
	return a.showHouse(scheduled), err
}

func (a *api) withdrawAnnouncement(ctx context.Context, r *request[inAnnouncement, none]) (houseAnnouncement, error) {
	withdrawn, err := a.opts.Notices.Withdraw(ctx, r.operator(), r.params.Announcement)
	return a.showHouse(withdrawn), err
}

type inHistory struct {
	Announcement string `path:"announcement" doc:"The announcement's id."`
	After        int64  `query:"after" default:"0" doc:"The version after which to go on."`
	Limit        int    `query:"limit" default:"50" doc:"How many at most, to 200."`
}

func (a *api) announcementHistory(ctx context.Context, r *request[inHistory, none]) (revisionList, error) {
	found, err := a.opts.Notices.History(ctx, r.params.Announcement, r.params.After, r.params.Limit)
	return showRevisions(found), err
}

// revisionItem is one version of what the house wrote.
type revisionItem struct {
	Version int64            `json:"version"`
	At      ticketing.Millis `json:"at"`
	Who     string           `json:"who"`
	What    string           `json:"what" doc:"create, change, publish, schedule, withdraw or venue."`
	After   json.RawMessage  `json:"after" doc:"How it was from then on."`
}

type revisionList struct {
	Versions []revisionItem `json:"versions"`
}

func showRevisions(found []notice.Revision) revisionList {
	out := revisionList{Versions: make([]revisionItem, len(found))}
	for i, r := range found {
		out.Versions[i] = revisionItem{Version: r.Version, At: ticketing.Millis{Time: r.At}, Who: r.Who, What: r.What, After: r.After}
	}
	return out
}
