package app

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"fairgate/enforcement/notify"
	"fairgate/ticketing/sms"
)

// phones tells operators over the booking system's provider of messages. The
// stages know nothing of ticketing, so the two meet here. It is safe for
// concurrent use.
type phones struct{ sender sms.Sender }

var _ notify.Sender = phones{}

// openPhones opens the way to operators' phones; nil where none is set up, and
// messages of such a channel fail with that reason. A sandbox keeps what it is
// given in memory, as it does with visitors' codes.
func openPhones(e Env) (notify.Sender, error) {
	c := e.Config.Ticketing
	if c.SMS == "aliyun" && c.Aliyun.OperatorsTemplate == "" {
		return nil, nil //nolint:nilnil // no sender is no fault
	}
	m, err := openMessenger(e)
	if err != nil || m.sender == nil {
		return nil, err
	}
	return phones{m.sender}, nil
}

// Send implements notify.Sender: the title goes to every number. A provider
// takes each number by itself; where it took some and then failed, it is left
// open who has the message, since sending again would tell the others twice.
func (p phones) Send(ctx context.Context, o notify.Outgoing) error {
	for i, to := range o.Target.To {
		_, err := p.sender.Send(ctx, sms.Text{
			Key: o.ID + "-" + strconv.Itoa(i), Phone: international(to), Notice: oneLine(o.Text.Title), Purpose: sms.PurposeOperators,
		})
		switch {
		case err == nil:
		case i > 0:
			return fmt.Errorf("%w: %d of %d numbers were told: %w", notify.ErrUnanswered, i, len(o.Target.To), err)
		case errors.Is(err, sms.ErrRefused):
			return fmt.Errorf("%w: %w", notify.ErrRefused, err)
		case errors.Is(err, sms.ErrBusy):
			return err
		default:
			return fmt.Errorf("%w: %w", notify.ErrUnanswered, err)
		}
	}
	return nil
}

// international is a number as E.164; without a prefix it is of the mainland.
func international(number string) string {
	if strings.HasPrefix(number, "+") {
		return number
	}
	return "+86" + number
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
