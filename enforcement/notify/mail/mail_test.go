package mail_test

import (
	"context"
	"errors"
	"io"
	"mime"
	"net"
	netmail "net/mail"
	"strconv"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/notify"
	"fairgate/enforcement/notify/mail"
)

// post is an SMTP server that keeps what it got, or refuses it.
type post struct {
	refusal *smtp.SMTPError
	from    string
	to      []string
	message *netmail.Message
	body    string
}

func (p *post) NewSession(*smtp.Conn) (smtp.Session, error) { return p, nil }
func (p *post) Reset()                                      {}
func (p *post) Logout() error                               { return nil }

func (p *post) Mail(from string, _ *smtp.MailOptions) error {
	p.from = from
	return nil
}

func (p *post) Rcpt(to string, _ *smtp.RcptOptions) error {
	if p.refusal != nil {
		return p.refusal
	}
	p.to = append(p.to, to)
	return nil
}

func (p *post) Data(r io.Reader) error {
	m, err := netmail.ReadMessage(r)
	if err != nil {
		return err
	}
	b, err := io.ReadAll(m.Body)
	p.message, p.body = m, string(b)
	return err
}

func start(t *testing.T, p *post) mail.Server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := smtp.NewServer(p)
	s.Domain = "localhost"
	done := make(chan error, 1)
	go func() { done <- s.Serve(listener) }()
	t.Cleanup(func() {
		require.NoError(t, s.Close())
		require.NoError(t, <-done)
	})
	host, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	number, err := strconv.Atoi(port)
	require.NoError(t, err)
	return mail.Server{Host: host, Port: number, Security: mail.None, From: "Fairgate <gate@example.org>"}
}

func outgoing() notify.Outgoing {
	return notify.Outgoing{
		ID: "0190-1", Kind: notify.AlertFired, Severity: notify.Urgent, Time: time.Date(2026, 11, 22, 1, 30, 0, 0, time.UTC),
		Text: notify.Text{Title: "票池被过快抢占", Body: "1,204 accounts."}, Link: "https://console.example.org/alerts/1",
		Target: notify.Target{To: []string{"li.na@example.org", "wang@example.org"}},
	}
}

func send(t *testing.T, s mail.Server) error {
	t.Helper()
	sender, err := mail.New(s)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	return sender.Send(ctx, outgoing())
}

func TestAMessageArrives(t *testing.T) {
	p := &post{}
	require.NoError(t, send(t, start(t, p)))
	assert.Equal(t, "gate@example.org", p.from)
	assert.Equal(t, []string{"li.na@example.org", "wang@example.org"}, p.to)
	subject, err := new(mime.WordDecoder).DecodeHeader(p.message.Header.Get("Subject"))
	require.NoError(t, err)
	assert.Equal(t, "票池被过快抢占", subject)
	assert.Equal(t, "<0190-1@example.org>", p.message.Header.Get("Message-ID"), "the same over all attempts")
	assert.Equal(t, "auto-generated", p.message.Header.Get("Auto-Submitted"))
	assert.Equal(t, "1,204 accounts.\r\n\r\nhttps://console.example.org/alerts/1\r\n", p.body)
}

func TestRefusalsAndOutages(t *testing.T) {
	unknown := send(t, start(t, &post{refusal: &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}}))
	require.ErrorIs(t, unknown, notify.ErrRefused)
	later := send(t, start(t, &post{refusal: &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "greylisted"}}))
	require.Error(t, later)
	require.NotErrorIs(t, later, notify.ErrRefused)

	gone := start(t, &post{})
	gone.Port = 1
	away := send(t, gone)
	require.Error(t, away)
	require.False(t, errors.Is(away, notify.ErrRefused) || errors.Is(away, notify.ErrUnanswered))

	without := start(t, &post{})
	without.Security = mail.StartTLS
	require.Error(t, send(t, without), "a server without STARTTLS gets nothing")
}

func TestAServerThatHangs(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, listener.Close()) }()
	at, ok := listener.Addr().(*net.TCPAddr)
	require.True(t, ok)
	sender, err := mail.New(mail.Server{Host: "127.0.0.1", Port: at.Port, Security: mail.None, From: "gate@example.org"})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	began := time.Now()
	require.Error(t, sender.Send(ctx, outgoing()))
	assert.Less(t, time.Since(began), 3*time.Second)
}

func TestBadServersAreRefusedWithEveryReason(t *testing.T) {
	_, err := mail.New(mail.Server{Port: 70000, Security: "ssl", From: "nobody", User: "u"})
	for _, want := range []string{"from:", "host:", "port 70000", `security "ssl"`, "user, password"} {
		require.ErrorContains(t, err, want)
	}
	_, err = mail.New(mail.Server{Host: "mail.example.org", Port: 25, Security: mail.None, From: "a@example.org", User: "u", Password: "s3cret"})
	require.ErrorContains(t, err, "only for a server on this machine")
	require.ErrorContains(t, err, "none is sent without TLS")
	assert.NotContains(t, err.Error(), "s3cret")
}
