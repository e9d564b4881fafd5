package app

import (
	"errors"
	"fmt"

	"fairgate/cmd/internal/config"
	"fairgate/ticketing"
	"fairgate/ticketing/httpapi"
	"fairgate/ticketing/sms"
	"fairgate/ticketing/sms/aliyun"
	"fairgate/ticketing/wechat"
)

// inboxNumbers bounds the sandbox's inbox.
const inboxNumbers = 10_000

// messenger is how codes reach phones; sender is nil where they do not.
type messenger struct {
	sender sms.Sender
	inbox  httpapi.Inbox // of the sandbox, else nil
	tells  bool          // notices can be sent, too
}

// openMessenger opens the configured way to phones.
func openMessenger(e Env) (m messenger, err error) {
	switch c := e.Config.Ticketing; c.SMS {
	case "sandbox":
		box, err := sms.NewSandbox(e.Now, inboxNumbers)
		if err != nil {
			return m, fmt.Errorf("ticketing.sms: %w", err)
		}
		return messenger{sender: box, inbox: box, tells: true}, nil
	case "aliyun":
		secret, err := c.Aliyun.KeySecret.Reveal()
		if err != nil {
			return m, fmt.Errorf("ticketing.aliyun.key_secret: %w", err)
		}
		m.sender, err = aliyun.New(aliyun.Account{
			KeyID: c.Aliyun.KeyID, KeySecret: secret, SignName: c.Aliyun.SignName, Templates: map[ticketing.MessagePurpose]string{
				ticketing.MessagePurpose(ticketing.PurposeSignIn): c.Aliyun.Template, ticketing.MessagePurpose(ticketing.PurposeLinkPhone): c.Aliyun.Template, ticketing.MessagePurpose(ticketing.PurposeSetPassword): c.Aliyun.Template,
				ticketing.MessagePurpose(ticketing.PurposeCloseAccount): c.Aliyun.Template, ticketing.MessagePurpose(ticketing.PurposeStepUp): c.Aliyun.Template,
				ticketing.TellWithdrawn: c.Aliyun.WithdrawnTemplate, ticketing.TellReinstated: c.Aliyun.ReinstatedTemplate,
				ticketing.TellLifted: c.Aliyun.ReinstatedTemplate, sms.PurposeOperators: c.Aliyun.OperatorsTemplate,
			},
		}, aliyun.Options{Clock: e.Now})
		if err != nil {
			return m, fmt.Errorf("ticketing.aliyun: %w", err)
		}
		m.tells = c.Aliyun.WithdrawnTemplate != "" && c.Aliyun.ReinstatedTemplate != ""
		return m, nil
	default:
		return m, nil
	}
}

// codes are the options of the service: none where no message can be sent.
func (m messenger) codes() *ticketing.CodeOptions {
	if m.sender == nil {
		return nil
	}
	return &ticketing.CodeOptions{}
}

// deliver runs the dispatcher of messages as a part of the stack.
func (m messenger) deliver(s *Stack, e Env, queue sms.Queue, opener sms.Opener) error {
	if m.sender == nil {
		return nil
	}
	d, err := m.dispatcher(e, queue, opener)
	if err != nil {
		return err
	}
	s.Go("ticketing sms", d.Run)
	return nil
}

// dispatcher sends what waits to the sender.
func (m messenger) dispatcher(e Env, queue sms.Queue, opener sms.Opener) (*sms.Dispatcher, error) {
	d, err := sms.NewDispatcher(queue, opener, m.sender, sms.Options{Clock: e.Now, Logger: e.Log.With("part", "sms"), Registerer: e.Registry})
	if err != nil {
		return nil, fmt.Errorf("ticketing.sms: %w", err)
	}
	return d, nil
}

// openWeChat opens the apps that are configured; nil: none is.
func openWeChat(e Env) (ticketing.WeChat, error) {
	c := e.Config.Ticketing.WeChat
	if c.MiniProgramID == "" && c.WebID == "" {
		return nil, nil //nolint:nilnil // not configured is no error
	}
	mini, merr := app("mini_program", c.MiniProgramID, c.MiniProgramSecret)
	web, werr := app("web", c.WebID, c.WebSecret)
	if err := errors.Join(merr, werr); err != nil {
		return nil, err
	}
	client, err := wechat.New(wechat.Options{
		MiniProgram: mini, Web: web, RedirectURL: c.RedirectURL, Logger: e.Log.With("part", "wechat"), Registerer: e.Registry,
	})
	if err != nil {
		return nil, fmt.Errorf("ticketing.wechat: %w", err)
	}
	return client, nil
}

func app(name, id string, secret config.Secret) (wechat.App, error) {
	text, err := secret.Reveal()
	if err != nil {
		return wechat.App{}, fmt.Errorf("ticketing.wechat.%s_secret: %w", name, err)
	}
	return wechat.App{ID: id, Secret: text}, nil
}
