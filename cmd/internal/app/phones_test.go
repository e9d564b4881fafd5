package app

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/notify"
	"fairgate/ticketing/sms"
)

// provider fails at one of its messages.
type provider struct {
	sent   []sms.Text
	failAt int
	with   error
}

func (p *provider) Send(_ context.Context, text sms.Text) (string, error) {
	if p.with != nil && len(p.sent) == p.failAt {
		return "", p.with
	}
	p.sent = append(p.sent, text)
	return "r", nil
}

func (*provider) Receipt(context.Context, sms.Text, string, time.Time) (sms.Receipt, error) {
	return sms.ReceiptAbsent, nil
}

func TestOperatorsAreToldByMessage(t *testing.T) {
	out := notify.Outgoing{ID: "d1", Text: notify.Text{Title: "主池:\n异常流量 83 %"}, Target: notify.Target{To: []string{"13800000000", "+4930123456"}}}
	p := &provider{}
	require.NoError(t, phones{p}.Send(t.Context(), out))
	require.Len(t, p.sent, 2)
	assert.Equal(t, sms.Text{Key: "d1-0", Phone: "+8613800000000", Notice: "主池: 异常流量 83 %", Purpose: sms.PurposeOperators}, p.sent[0])
	assert.Equal(t, "+4930123456", p.sent[1].Phone)
	for name, tt := range map[string]struct {
		failAt    int
		with      error
		want, not error
	}{
		"refused":             {0, sms.ErrRefused, notify.ErrRefused, notify.ErrUnanswered},
		"busy, to be retried": {0, sms.ErrBusy, sms.ErrBusy, notify.ErrUnanswered},
		"left open":           {0, errors.New("no answer"), notify.ErrUnanswered, notify.ErrRefused},
		"half way":            {1, sms.ErrBusy, notify.ErrUnanswered, notify.ErrRefused},
	} {
		t.Run(name, func(t *testing.T) {
			err := phones{&provider{failAt: tt.failAt, with: tt.with}}.Send(t.Context(), out)
			require.ErrorIs(t, err, tt.want)
			require.NotErrorIs(t, err, tt.not)
			assert.NotContains(t, err.Error(), "13800000000")
		})
	}
}

func TestPhonesAreThereWhereAProviderIs(t *testing.T) {
	e := Env{Now: time.Now}
	e.Config.Ticketing.SMS = "off"
	s, err := openPhones(e)
	require.NoError(t, err)
	assert.Nil(t, s)
	e.Config.Ticketing.SMS = "sandbox"
	s, err = openPhones(e)
	require.NoError(t, err)
	require.NotNil(t, s)
	require.NoError(t, s.Send(t.Context(), notify.Outgoing{ID: "d", Text: notify.Text{Title: "t"}, Target: notify.Target{To: []string{"13800000000"}}}))
	e.Config.Ticketing.SMS = "aliyun"
	s, err = openPhones(e)
	require.NoError(t, err)
	assert.Nil(t, s, "no template for operators")
}
