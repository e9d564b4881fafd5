package ticketing

import "context"

// TellAccount queues a message to the account's phone that tells its holder
// something about the account: TellLifted. An account that messages do not
// reach is not told, which is no failure: NoticeNone. It fails with
// ErrInvalidField for another purpose, and with ErrNotFound for an account that
// does not exist; of one that was erased nobody is left to be told.
func (s *Service) TellAccount(ctx context.Context, call Call, account string, purpose MessagePurpose) (NoticeState, error) {
	if purpose != TellLifted {
		return "", invalidField("kind", "want %s", TellLifted)
	}
	return once(ctx, s, call, "house", func(ctx context.Context, w *work) (NoticeState, error) {
		a, err := w.Account(ctx, account)
		if err != nil {
			return "", err
		}
		phones, err := s.reachable([][]byte{a.PhoneSealed})
		if err != nil {
			return "", err
		}
		if !s.opts.Notices || len(phones) == 0 {
			return NoticeNone, nil
		}
		id, err := newID()
		if err != nil {
			return "", err
		}
		return NoticeQueued, w.QueueMessage(ctx, Message{
			ID: id, Purpose: purpose, State: MessageQueued, CreatedAt: w.now, NextAt: w.now, ExpiresAt: w.now.Add(noticeLife),
			PhoneKey: s.vault.Key("phone", phones[0]), Sealed: s.sealMessage(phones[0], ""),
		})
	})
}
