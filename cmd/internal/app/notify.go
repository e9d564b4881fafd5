package app

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"fairgate/enforcement/alert"
	"fairgate/enforcement/notify"
	"fairgate/enforcement/notify/hook"
	"fairgate/enforcement/notify/mail"
	"fairgate/ingest/seal"
	"fairgate/ingest/sqldb"
)

// openNotify opens the channels to operators. Without senders messages are only
// queued here; the enforcer delivers them.
func openNotify(ctx context.Context, db *sqldb.DB, e Env, senders map[notify.ChannelKind]notify.Sender) (*notify.Service, error) {
	box, err := consoleBox(e)
	if err != nil {
		return nil, err
	}
	channels, err := notify.New(ctx, db, box, senders, notify.Options{
		Now: e.Now, Keep: time.Duration(e.Config.Ledger.RetentionDays) * 24 * time.Hour, Logger: e.Log, Registry: e.Registry,
	})
	if err != nil {
		return nil, fmt.Errorf("notifications: %w", err)
	}
	return channels, nil
}

// consoleBox seals what operators keep.
func consoleBox(e Env) (*seal.Box, error) {
	keys, err := rotated("keys.console", e.Config.Keys.Console, e.Config.Keys.ConsolePrevious)
	if err != nil {
		return nil, err
	}
	for i, key := range keys {
		keys[i] = key32(string(key))
	}
	box, err := seal.New(keys...)
	if err != nil {
		return nil, fmt.Errorf("keys.console: %w", err)
	}
	return box, nil
}

// startNotify delivers messages to operators.
func startNotify(ctx context.Context, s *Stack, e Env, db *sqldb.DB) error {
	o := hook.Options{Now: e.Now}
	for i, network := range e.Config.Notify.PrivateNetworks {
		prefix, err := netip.ParsePrefix(network)
		if err != nil {
			return fmt.Errorf("notify.private_networks[%d]: %w", i, err)
		}
		o.Private = append(o.Private, prefix)
	}
	senders := hook.Senders(o)
	if m := e.Config.Notify.Mail; m.Host != "" {
		server := mail.Server{Host: m.Host, Port: m.Port, Security: mail.Security(m.Security), User: m.User, From: m.From}
		if m.Password != "" {
			var err error
			if server.Password, err = m.Password.Reveal(); err != nil {
				return fmt.Errorf("notify.mail.password: %w", err)
			}
		}
		sender, err := mail.New(server)
		if err != nil {
			return fmt.Errorf("notify.mail: %w", err)
		}
		senders[notify.Email] = sender
	}
	phones, err := openPhones(e)
	if err != nil {
		return err
	}
	if phones != nil {
		senders[notify.SMS] = phones
	}
	channels, err := openNotify(ctx, db, e, senders)
	if err != nil {
		return err
	}
	s.Go("notifications", channels.Run)
	return nil
}

// openAlerts opens the site's alerts. Times in messages are the venue's.
func openAlerts(ctx context.Context, db *sqldb.DB, channels *notify.Service, e Env) (*alert.Service, error) {
	alerts, err := alert.New(ctx, db, e.Config.Site, channels, alert.Options{Now: e.Now, Zone: venueZone(), Console: e.Config.Console.URL, Logger: e.Log, Registry: e.Registry})
	if err != nil {
		return nil, fmt.Errorf("alerts: %w", err)
	}
	return alerts, nil
}
