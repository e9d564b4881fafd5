package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/console"
	"fairgate/enforcement/notify"
)

// Notifications are the channels to operators; *notify.Service is one.
type Notifications interface {
	Channels(ctx context.Context) ([]notify.Channel, error)
	Channel(ctx context.Context, id string) (notify.Channel, error)
	Put(ctx context.Context, c notify.Channel, by string) (notify.Channel, error)
	Remove(ctx context.Context, id string) error
	Try(ctx context.Context, channel, by string) (string, error)
	Deliveries(ctx context.Context, f notify.Filter) ([]notify.Delivery, error)
	Again(ctx context.Context, id string) error
	Words(ctx context.Context, kind notify.Kind, language notify.Language) (notify.Template, error)
	SetWords(ctx context.Context, t notify.Template, by string) error
	ResetWords(ctx context.Context, kind notify.Kind, language notify.Language) error
}

type channelsOutput struct {
	Body struct {
		Channels []notify.Channel `json:"channels"`
	}
}

type channelOutput struct{ Body notify.Channel }

type channelBody struct {
	Name     string             `json:"name" minLength:"1" maxLength:"120"`
	Kind     notify.ChannelKind `json:"kind" enum:"webhook,email,wecom,dingtalk,feishu,sms"`
	Language notify.Language    `json:"language" enum:"zh,en"`
	Least    notify.Severity    `json:"least_severity" enum:"notice,warning,urgent" doc:"The lowest severity that goes out over the channel"`
	Only     []notify.Kind      `json:"only,omitempty" maxItems:"20" doc:"Only these kinds of messages; none: all"`
	Enabled  bool               `json:"enabled"`
	URL      string             `json:"url,omitempty" maxLength:"1000" doc:"Of a webhook or robot. Never shown again"`
	Key      string             `json:"key,omitempty" maxLength:"200" doc:"What signs: for a webhook whsec_ and base64, for DingTalk and Feishu the robot's secret. Never shown again"`
	To       []string           `json:"to,omitempty" maxItems:"50" doc:"E-mail addresses or phone numbers. Never shown again"`
	Version  int64              `json:"version,omitempty" doc:"Of the channel that is changed"`
	Reason   string             `json:"reason" minLength:"3" maxLength:"500"`
}

func (b channelBody) channel(id string) notify.Channel {
	return notify.Channel{
		ID: id, Name: b.Name, Kind: b.Kind, Language: b.Language, Least: b.Least, Only: b.Only, Enabled: b.Enabled, Version: b.Version,
		Target: notify.Target{URL: b.URL, Key: b.Key, To: b.To},
	}
}

type createChannelInput struct{ Body channelBody }

type changeChannelInput struct {
	ID   string `path:"id" maxLength:"64"`
	Body channelBody
}

// ChannelID names a channel or delivery.
type ChannelID struct {
	ID string `path:"id" maxLength:"64"`
}

type removeChannelInput struct {
	ChannelID
	Reason string `query:"reason" minLength:"3" maxLength:"500" required:"true"`
}

type tryOutput struct {
	Body struct {
		Delivery string `json:"delivery_id" doc:"Its state: GET /api/v1/notifications/deliveries?id="`
	}
}

type deliveriesInput struct {
	ID      string       `query:"id" maxLength:"64"`
	Channel string       `query:"channel" maxLength:"64"`
	State   notify.State `query:"state" enum:"queued,sending,sent,unknown,failed"`
	Cursor  string       `query:"cursor" maxLength:"64"`
	Limit   int          `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type deliveriesOutput struct {
	Body struct {
		Deliveries []notify.Delivery `json:"deliveries"`
		Next       string            `json:"next,omitempty"`
	}
}

// WordsID names the words of a kind of message in a language.
type WordsID struct {
	Kind     notify.Kind     `path:"kind" maxLength:"40"`
	Language notify.Language `path:"language" enum:"zh,en"`
}

type wordsBody struct {
	Title   string   `json:"title" maxLength:"300"`
	Body    string   `json:"body" maxLength:"4000"`
	Fields  []string `json:"fields,omitempty" readOnly:"true" doc:"What may stand in the words, as {{.field}}"`
	Preview struct {
		Title string `json:"title"`
		Body  string `json:"body"`
	} `json:"preview,omitzero" readOnly:"true"`
}

type wordsOutput struct{ Body wordsBody }

type setWordsInput struct {
	WordsID
	Preview bool `query:"preview" doc:"Only show how the words read; change nothing"`
	Body    struct {
		Title string `json:"title" minLength:"1" maxLength:"300"`
		Body  string `json:"body" minLength:"1" maxLength:"4000"`
	}
}

func (s *server) notifications(api huma.API) {
	const channels = "/api/v1/notifications/channels"
	const words = "/api/v1/notifications/templates/{kind}/{language}"
	op := func(id, method, path, summary string, p console.Permission) huma.Operation {
		return needs(huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"notifications"}}, p)
	}
	huma.Register(api, op("list-channels", http.MethodGet, channels, "Channels to operators", console.ReadNotify), s.channels)
	huma.Register(api, op("create-channel", http.MethodPost, channels, "Set up a channel", console.EditNotify), func(ctx context.Context, in *createChannelInput) (*channelOutput, error) {
		return s.putChannel(ctx, in.Body.channel(""), in.Body.Reason)
	})
	huma.Register(api, op("change-channel", http.MethodPut, channels+"/{id}", "Change a channel; without url, key and to it leads where it led", console.EditNotify), func(ctx context.Context, in *changeChannelInput) (*channelOutput, error) {
		return s.putChannel(ctx, in.Body.channel(in.ID), in.Body.Reason)
	})
	huma.Register(api, op("remove-channel", http.MethodDelete, channels+"/{id}", "Remove a channel with its deliveries", console.EditNotify), s.removeChannel)
	huma.Register(api, op("test-channel", http.MethodPost, channels+"/{id}/test", "Send a test message", console.EditNotify), s.tryChannel)
	huma.Register(api, op("list-deliveries", http.MethodGet, "/api/v1/notifications/deliveries", "What went out and what became of it, the newest first", console.ReadNotify), s.deliveries)
	huma.Register(api, op("send-again", http.MethodPost, "/api/v1/notifications/deliveries/{id}/again", "Send once more what failed or whose fate is unknown", console.EditNotify), s.sendAgain)
	huma.Register(api, op("read-template", http.MethodGet, words, "The words of a kind of message, with a preview", console.ReadNotify), s.readWords)
	huma.Register(api, op("set-template", http.MethodPut, words, "Replace the words of a kind of message", console.EditNotify), s.setWords)
	huma.Register(api, op("reset-template", http.MethodDelete, words, "Go back to the shipped words", console.EditNotify), s.resetWords)
}

func (s *server) channels(ctx context.Context, _ *struct{}) (*channelsOutput, error) {
	list, err := s.Notifications.Channels(ctx)
	if err != nil {
		return nil, s.internal(ctx, "reading the channels", err)
	}
	out := &channelsOutput{}
	out.Body.Channels = append([]notify.Channel{}, list...)
	return out, nil
}

func (s *server) putChannel(ctx context.Context, c notify.Channel, reason string) (*channelOutput, error) {
	var before any
	if c.ID != "" {
		old, err := s.Notifications.Channel(ctx, c.ID)
		if err != nil {
			return nil, s.notifyError(ctx, "reading the channel", err)
		}
		before = old
	}
	stored, err := s.Notifications.Put(ctx, c, callerOf(ctx).Name)
	if err != nil {
		return nil, s.notifyError(ctx, "storing the channel", err)
	}
	return &channelOutput{stored}, s.record(ctx, "channel.put", stored.ID, reason, before, stored)
}

func (s *server) removeChannel(ctx context.Context, in *removeChannelInput) (*struct{}, error) {
	before, err := s.Notifications.Channel(ctx, in.ID)
	if err == nil {
		err = s.Notifications.Remove(ctx, in.ID)
	}
	if err != nil {
		return nil, s.notifyError(ctx, "removing the channel", err)
	}
	return nil, s.record(ctx, "channel.remove", in.ID, in.Reason, before, nil)
}

func (s *server) tryChannel(ctx context.Context, in *ChannelID) (*tryOutput, error) {
	id, err := s.Notifications.Try(ctx, in.ID, callerOf(ctx).Name)
	if err != nil {
		return nil, s.notifyError(ctx, "testing the channel", err)
	}
	out := &tryOutput{}
	out.Body.Delivery = id
	return out, s.record(ctx, "channel.test", in.ID, "", nil, nil)
}

func (s *server) deliveries(ctx context.Context, in *deliveriesInput) (*deliveriesOutput, error) {
	list, err := s.Notifications.Deliveries(ctx, notify.Filter{ID: in.ID, Channel: in.Channel, State: in.State, Before: in.Cursor, Limit: in.Limit})
	if err != nil {
		return nil, s.notifyError(ctx, "reading deliveries", err)
	}
	out := &deliveriesOutput{}
	out.Body.Deliveries = append([]notify.Delivery{}, list...)
	if len(list) == in.Limit {
		out.Body.Next = list[len(list)-1].ID
	}
	return out, nil
}

func (s *server) sendAgain(ctx context.Context, in *ChannelID) (*struct{}, error) {
	if err := s.Notifications.Again(ctx, in.ID); err != nil {
		return nil, s.notifyError(ctx, "sending again", err)
	}
	return nil, s.record(ctx, "delivery.again", in.ID, "", nil, nil)
}

func (s *server) readWords(ctx context.Context, in *WordsID) (*wordsOutput, error) {
	t, err := s.Notifications.Words(ctx, in.Kind, in.Language)
	if err != nil {
		return nil, s.notifyError(ctx, "reading the words", err)
	}
	return s.previewed(ctx, t)
}

func (s *server) previewed(ctx context.Context, t notify.Template) (*wordsOutput, error) {
	text, err := notify.Preview(t, s.o.Now())
	if err != nil {
		return nil, s.notifyError(ctx, "reading the words", err)
	}
	out := &wordsOutput{Body: wordsBody{Title: t.Title, Body: t.Body, Fields: t.Kind.Fields()}}
	out.Body.Preview.Title, out.Body.Preview.Body = text.Title, text.Body
	return out, nil
}

func (s *server) setWords(ctx context.Context, in *setWordsInput) (*wordsOutput, error) {
	t := notify.Template{Kind: in.Kind, Language: in.Language, Title: in.Body.Title, Body: in.Body.Body}
	if in.Preview {
		return s.previewed(ctx, t)
	}
	before, err := s.Notifications.Words(ctx, in.Kind, in.Language)
	if err == nil {
		err = s.Notifications.SetWords(ctx, t, callerOf(ctx).Name)
	}
	if err != nil {
		return nil, s.notifyError(ctx, "storing the words", err)
	}
	if err := s.record(ctx, "template.set", string(in.Kind)+"/"+string(in.Language), "", before, t); err != nil {
		return nil, err
	}
	return s.previewed(ctx, t)
}

func (s *server) resetWords(ctx context.Context, in *WordsID) (*wordsOutput, error) {
	before, err := s.Notifications.Words(ctx, in.Kind, in.Language)
	if err == nil {
		err = s.Notifications.ResetWords(ctx, in.Kind, in.Language)
	}
	if err != nil {
		return nil, s.notifyError(ctx, "resetting the words", err)
	}
	if err := s.record(ctx, "template.reset", string(in.Kind)+"/"+string(in.Language), "", before, nil); err != nil {
		return nil, err
	}
	return s.readWords(ctx, in)
}

func (s *server) notifyError(ctx context.Context, what string, err error) error {
	switch {
	case errors.Is(err, notify.ErrNotFound):
		return huma.Error404NotFound(err.Error())
	case errors.Is(err, notify.ErrConflict), errors.Is(err, notify.ErrTooMany):
		return huma.Error409Conflict(err.Error())
	case errors.Is(err, notify.ErrBadInput):
		return huma.Error422UnprocessableEntity(err.Error())
	default:
		return s.internal(ctx, what, err)
	}
}
