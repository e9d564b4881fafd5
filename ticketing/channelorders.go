package ticketing

import (
	"context"
)

// sells refuses channels that there are not, and those that are closed. Visitors'
// own channels are always open.
func sells(ctx context.Context, w *work, channel string) error {
	if visitorsChannel(channel) {
		return nil
	}
	of, err := w.Channel(ctx, channel)
	if err == nil && !of.Active {
		return ErrChannelClosed
	}
	return err
}

// channelAccount is the account that a channel's orders belong to.
func (s *Service) channelAccount(ctx context.Context, channel string) (string, error) {
	if visitorsChannel(channel) {
		return "", invalidField("channel", "visitors book for themselves")
	}
	var found Channel
	err := s.store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		found, err = r.Channel(ctx, channel)
		return err
	})
	return found.AccountID, err
}

// BookForChannel takes places for a channel: first its own, then, where it may,
// of general sale. The pool's limit for an account does not hold for channels,
// all its other rules do. It fails as Book does, and with ErrNotFound,
// ErrInvalidField or ErrChannelClosed.
func (s *Service) BookForChannel(ctx context.Context, call Call, channel string, b Booking) (Order, error) {
	account, err := s.channelAccount(ctx, channel)
	if err != nil {
		return Order{}, err
	}
	b.Channel = channel
	return s.Book(ctx, call, account, b)
}

// ChannelOrder finds a channel's own order with the codes of its tickets, as
// OrderWithTickets does; another's is ErrNotFound.
func (s *Service) ChannelOrder(ctx context.Context, channel, id string) (Order, []string, error) {
	account, err := s.channelAccount(ctx, channel)
	if err != nil {
		return Order{}, nil, err
	}
	return s.OrderWithTickets(ctx, account, id)
}

// CancelForChannel gives places of a channel's own order back: all of them, or
// those of some positions. It fails as Cancel and CancelPositions do.
func (s *Service) CancelForChannel(ctx context.Context, call Call, channel, id string, positions []string) (Order, error) {
	account, err := s.channelAccount(ctx, channel)
	if err != nil {
		return Order{}, err
	}
	if positions == nil {
		return s.Cancel(ctx, call, account, id)
	}
	return s.CancelPositions(ctx, call, account, id, positions)
}

// SettleForChannel confirms a channel's own held order: a channel collects what
// it costs itself. It fails as Pay and Confirm do.
func (s *Service) SettleForChannel(ctx context.Context, call Call, channel, id string) (Order, error) {
	account, err := s.channelAccount(ctx, channel)
	if err != nil {
		return Order{}, err
	}
	order, err := s.Order(ctx, account, id)
	if err != nil {
		return Order{}, err
	}
	if order.TotalFen > 0 {
		return s.Pay(ctx, call, account, id)
	}
	return s.Confirm(ctx, call, account, id)
}
