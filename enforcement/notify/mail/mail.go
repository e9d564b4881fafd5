// Package mail sends notifications over the house's SMTP server.
package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"fairgate/enforcement/notify"
)

// Security is how the connection is protected.
type Security string

// Securities of a connection.
const (
	StartTLS Security = "starttls" // required, not merely tried
	TLS      Security = "tls"      // from the first byte
	None     Security = "none"     // only for a server on this machine; no password is sent over it
)

// Valid reports whether s is a known security.
func (s Security) Valid() bool { return s == StartTLS || s == TLS || s == None }

// Server is the house's SMTP server.
type Server struct {
	Host     string
	Port     int
	Security Security
	User     string // empty: no signing in
	Password string
	From     string // an address, or "Name <address>"
	// TLS is for tests and private authorities; nil: the system's.
	TLS *tls.Config
}

// Sender is safe for concurrent use; every message has a connection of its own.
type Sender struct {
	server Server
	from   string
	domain string
}

var _ notify.Sender = (*Sender)(nil)

// New makes a Sender; the error names everything that is wrong and shows no
// password.
func New(s Server) (*Sender, error) {
	var faults []error
	from, err := mail.ParseAddress(s.From)
	if err != nil {
		faults = append(faults, errors.New("from: want an e-mail address"))
	}
	if s.Host == "" {
		faults = append(faults, errors.New("host: want one"))
	}
	if s.Port < 1 || s.Port > 65535 {
		faults = append(faults, fmt.Errorf("port %d: want 1 to 65535", s.Port))
	}
	if !s.Security.Valid() {
		faults = append(faults, fmt.Errorf("security %q: want starttls, tls or none", s.Security))
	}
	if s.Security == None && !loopback(s.Host) {
		faults = append(faults, errors.New("security none: only for a server on this machine"))
	}
	if s.Security == None && s.Password != "" {
		faults = append(faults, errors.New("password: none is sent without TLS"))
	}
	if (s.User == "") != (s.Password == "") {
		faults = append(faults, errors.New("user, password: want both or neither"))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("mail server: %w", err)
	}
	_, domain, _ := strings.Cut(from.Address, "@")
	return &Sender{server: s, from: from.String(), domain: domain}, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Send implements notify.Sender. The message's id stays the same over all
// attempts, so that a mailbox that has it already drops the second.
func (s *Sender) Send(ctx context.Context, o notify.Outgoing) error {
	m := gomail.NewMsg()
	if err := errors.Join(m.From(s.from), m.To(o.Target.To...)); err != nil {
		return fmt.Errorf("%w: %w", notify.ErrRefused, err)
	}
	m.Subject(o.Text.Title)
	m.SetMessageIDWithValue(o.ID + "@" + s.domain)
	m.SetDateWithValue(o.Time)
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no holiday answers, please
	if o.Severity == notify.Urgent {
		m.SetImportance(gomail.ImportanceUrgent)
	}
	body := o.Text.Body
	if o.Link != "" {
		body += "\n\n" + o.Link
	}
	m.SetBodyString(gomail.TypeTextPlain, body+"\n")
	client, err := s.client(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", notify.ErrRefused, err)
	}
	return judge(client.DialAndSendWithContext(ctx, m))
}

func (s *Sender) client(ctx context.Context) (*gomail.Client, error) {
	options := []gomail.Option{gomail.WithPort(s.server.Port)}
	if until, ok := ctx.Deadline(); ok {
		options = append(options, gomail.WithTimeout(max(time.Until(until), time.Millisecond)))
	}
	switch s.server.Security {
	case StartTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case TLS:
		options = append(options, gomail.WithSSL())
	case None:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if s.server.TLS != nil {
		options = append(options, gomail.WithTLSConfig(s.server.TLS.Clone()))
	}
	if s.server.User != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(s.server.User), gomail.WithPassword(s.server.Password))
	}
	return gomail.NewClient(s.server.Host, options...)
}

// judge sorts an error: a refusal for good, an answer that never came after the
// whole message was sent, or anything that may be tried again. A mailbox that is
// greylisted or full for now answers 4xx.
func judge(err error) error {
	failed, ok := errors.AsType[*gomail.SendError](err)
	switch {
	case err == nil || !ok:
		return err
	case failed.ErrorCode() >= 500 && !failed.IsTemp():
		return fmt.Errorf("%w: %w", notify.ErrRefused, err)
	case failed.Reason == gomail.ErrSMTPDataClose && failed.ErrorCode() == 0:
		return fmt.Errorf("%w: %w", notify.ErrUnanswered, err)
	default:
		return err
	}
}
