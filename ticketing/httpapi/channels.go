package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"

	"fairgate/ticketing"
)

// channelOperations are the house's on channels and what is kept for them.
func (a *api) channelOperations() {
	found := []ticketing.Code{ticketing.CodeNotFound}
	handle(a, operation{
		method: http.MethodGet, path: "/internal/v1/channels", id: "list-channels", access: a.access.operations,
		summary: "The channels that sell places",
	}, a.channels)
	handle(a, operation{
		method: http.MethodPut, path: "/internal/v1/channels/{channel}", id: "put-channel", access: a.access.operations,
		summary: "Make a channel, or change it",
		describe: "The channels web and miniprogram are visitors' own and always there. A channel with spill may sell of general sale " +
			"too, when its own places do not suffice.",
	}, a.putChannel)
	handle(a, operation{
		method: http.MethodPost, path: "/internal/v1/channels/{channel}/key", id: "issue-channel-key", access: a.access.operations,
		summary:  "Make a new key for a channel, which ends the former one",
		describe: "The key is shown this once; a repetition with the same Idempotency-Key shows none.", codes: found,
	}, a.issueChannelKey)
	handle(a, operation{
		method: http.MethodGet, path: "/internal/v1/channels/{channel}/changes", id: "list-channel-changes", access: a.access.operations,
		summary: "Who changed what about a channel", codes: found,
	}, a.channelChanges)
	handle(a, operation{
		method: http.MethodPut, path: "/internal/v1/channels/{channel}/allotments", id: "put-allotments", access: a.access.operations,
		summary: "Keep places of a pool for a channel",
		describe: "The quantity of each day or slot includes what the channel has taken. What is left of it at release_at goes to general " +
			"sale. Allotments that are not named stay. How they stand is shown with the release of the day.",
		codes: []ticketing.Code{
			ticketing.CodeNotFound, ticketing.CodeAllotmentExceeds, ticketing.CodeAllotmentTaken, ticketing.CodeDateUnavailable,
			ticketing.CodeSlotNeeded, ticketing.CodeSlotUnavailable,
		},
	}, a.putAllotments)
	a.channelOrderOperations()
}

// channelOrderOperations are what a channel does, or operations for it.
func (a *api) channelOrderOperations() {
	handle(a, operation{
		method: http.MethodPost, path: "/internal/v1/channels/{channel}/orders", id: "submit-channel-order", access: a.access.channel,
		status: http.StatusCreated, summary: "Book places for a channel, its own first",
		codes: append(bookingCodes(), ticketing.CodeChannelClosed), example: orderExample(),
	}, a.bookForChannel)
	handle(a, operation{
		method: http.MethodGet, path: "/internal/v1/channels/{channel}/orders/{order}", id: "get-channel-order", access: a.access.channel,
		summary: "A channel's own order with its tickets", codes: []ticketing.Code{ticketing.CodeNotFound},
	}, a.channelOrder)
	handle(a, operation{
		method: http.MethodPost, path: "/internal/v1/channels/{channel}/orders/{order}/cancel", id: "cancel-channel-order",
		access: a.access.channel, bodyOptional: true, summary: "Give up a channel's own order, or the positions that the body names",
		codes: []ticketing.Code{ticketing.CodeNotFound, ticketing.CodeInvalidState, ticketing.CodeTooLate, ticketing.CodeAdultNeeded},
	}, a.cancelForChannel)
	handle(a, operation{
		method: http.MethodPost, path: "/internal/v1/channels/{channel}/orders/{order}/settle", id: "settle-channel-order",
		access: a.access.channel, summary: "Confirm a channel's own held order, once the channel has collected what it costs",
		codes: []ticketing.Code{ticketing.CodeNotFound, ticketing.CodeInvalidState, ticketing.CodeHoldExpired},
	}, a.settleForChannel)
}

// checkChannel lets a channel's own key through, and operations'.
func (a *api) checkChannel(operations fiber.Handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if operations(c) == nil {
			return nil
		}
		_, err := a.service.AuthenticateChannel(c.UserContext(), c.Params("channel"), bearer(c))
		return err
	}
}

// inChannel is the path of what belongs to one channel.
type inChannel struct {
	Channel string `path:"channel" doc:"The channel's id."`
}

type channelList struct {
	Channels []ticketing.Channel `json:"channels"`
}

func (a *api) channels(ctx context.Context, _ *request[none, none]) (channelList, error) {
	channels, err := a.service.Channels(ctx)
	return channelList{Channels: append([]ticketing.Channel{}, channels...)}, err
}

type channelBody struct {
	Kind   ticketing.ChannelKind `json:"kind"`
	Name   string                `json:"name"`
	NameEN string                `json:"name_en" required:"false"`
	Active bool                  `json:"active"`
	Spill  bool                  `json:"spill" required:"false"`
}

func (a *api) putChannel(ctx context.Context, r *request[inChannel, channelBody]) (ticketing.Channel, error) {
	return a.service.PutChannel(ctx, r.operator(), ticketing.ChannelChange{
		ID: r.params.Channel, Kind: r.body.Kind, Name: r.body.Name, NameEN: r.body.NameEN, Active: r.body.Active, Spill: r.body.Spill,
	})
}

type channelKey struct {
	Key string `json:"key,omitempty" doc:"Absent where it has been shown before."`
}

func (a *api) issueChannelKey(ctx context.Context, r *request[inChannel, none]) (channelKey, error) {
	key, err := a.service.IssueChannelKey(ctx, r.operator(), r.params.Channel)
	r.secret()
	return channelKey{Key: key}, err
}

type inChannelChanges struct {
	Channel string `path:"channel" doc:"The channel's id."`
	After   int64  `query:"after" minimum:"0" doc:"What the page before gave as next."`
	Limit   int    `query:"limit" default:"200" minimum:"1" maximum:"1000" doc:"How many at most."`
}

func (a *api) channelChanges(ctx context.Context, r *request[inChannelChanges, none]) (changeList, error) {
	changes, err := a.service.ChannelChanges(ctx, r.params.Channel, r.params.After, r.params.Limit)
	return showChanges(changes, r.params.Limit), err
}

type allotmentsBody struct {
	Pool       string          `json:"pool"`
	Allotments []allotmentBody `json:"allotments"`
}

type allotmentBody struct {
	Date      string     `json:"date"`
	Slot      string     `json:"slot" required:"false" doc:"Start of the slot, on a day with slots."`
	Quantity  int        `json:"quantity"`
	ReleaseAt *time.Time `json:"release_at" required:"false" doc:"Without it the places are kept for good."`
}

// allotmentStatus is how an allotment stands.
type allotmentStatus struct {
	Channel    string            `json:"channel"`
	Date       ticketing.Date    `json:"date"`
	Slot       ticketing.Clock   `json:"slot,omitempty"`
	Quantity   int               `json:"quantity"`
	Taken      int               `json:"taken"`
	GivenBack  int               `json:"given_back"` // to general sale
	Left       int               `json:"left"`       // still reserved
	ReleaseAt  *ticketing.Millis `json:"release_at" nullable:"true"`
	ReleasedAt *ticketing.Millis `json:"released_at" nullable:"true"`
}

func showAllotments(list []ticketing.Allotment) []allotmentStatus {
	out := make([]allotmentStatus, len(list))
	for i, a := range list {
		out[i] = allotmentStatus{
			Channel: a.Channel, Date: a.Place.Date, Slot: a.Place.Slot, Quantity: a.Quantity, Taken: a.Taken, GivenBack: a.GivenBack,
			Left: a.Left(), ReleaseAt: optional(a.ReleaseAt), ReleasedAt: optional(a.ReleasedAt),
		}
	}
	return out
}

type allotmentList struct {
	Allotments []allotmentStatus `json:"allotments"`
}

func (a *api) putAllotments(ctx context.Context, r *request[inChannel, allotmentsBody]) (allotmentList, error) {
	plans := make([]ticketing.AllotmentPlan, len(r.body.Allotments))
	for i, b := range r.body.Allotments {
		plans[i] = ticketing.AllotmentPlan{Date: b.Date, Slot: b.Slot, Quantity: b.Quantity, ReleaseAt: moment(b.ReleaseAt)}
	}
	put, err := a.service.PutAllotments(ctx, r.operator(), r.params.Channel, r.body.Pool, plans)
	return allotmentList{Allotments: showAllotments(put)}, err
}

func (a *api) bookForChannel(ctx context.Context, r *request[inChannel, orderBody]) (order, error) {
	o, err := a.service.BookForChannel(ctx, r.call(), r.params.Channel, r.body.booking())
	return showOrder(o), err
}

// inChannelOrder is the path of what is done with one order of a channel.
type inChannelOrder struct {
	Channel string `path:"channel" doc:"The channel's id."`
	Order   string `path:"order" doc:"The order's id."`
}

func (a *api) channelOrder(ctx context.Context, r *request[inChannelOrder, none]) (order, error) {
	o, tickets, err := a.service.ChannelOrder(ctx, r.params.Channel, r.params.Order)
	if err != nil {
		return order{}, err
	}
	r.secret()
	return showTickets(o, tickets), nil
}

func (a *api) cancelForChannel(ctx context.Context, r *request[inChannelOrder, cancelBody]) (order, error) {
	var positions []string
	if r.body.Positions != nil {
		positions = append([]string{}, *r.body.Positions...)
	}
	o, err := a.service.CancelForChannel(ctx, r.call(), r.params.Channel, r.params.Order, positions)
	return showOrder(o), err
}

func (a *api) settleForChannel(ctx context.Context, r *request[inChannelOrder, none]) (order, error) {
	o, err := a.service.SettleForChannel(ctx, r.call(), r.params.Channel, r.params.Order)
	return showOrder(o), err
}
