package challenge_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/challenge"
	"fairgate/ingest"
)

// hardest is what the tests' top band tries; the others are a 3rd, 9th and 27th.
const hardest = 270

// adaptive is a service whose difficulty can be told.
func adaptive(t testing.TB, c *clock, o challenge.Options) *challenge.Service {
	t.Helper()
	o.MaxNumber, o.Now = hardest, c.Now
	s, err := challenge.New([][]byte{keyA}, challenge.NewMemorySpent(c.Now), o)
	require.NoError(t, err)
	return s
}

// asked gets a challenge by a decision.
func asked(t testing.TB, s *challenge.Service, c *clock, v challenge.Visitor, d ingest.Decision) challenge.Challenge {
	t.Helper()
	issued, err := s.Issue(t.Context(), v, s.Ticket(submit(c.now, v.Subject, "main"), d), scope)
	require.NoError(t, err)
	return issued
}

// hit is a decision with one acting hit.
func hit(score float64, reason ingest.Reason) ingest.Decision {
	return ingest.Decision{Action: ingest.Challenge, Score: score, Hits: []ingest.Hit{{Rule: "r", Action: ingest.Challenge, Reason: reason, Score: score}}}
}

func TestDifficultyFollowsTheDecision(t *testing.T) {
	shadow := hit(10, ingest.ReasonClient)
	shadow.Hits[0].Shadow = true
	guess := hit(100, ingest.ReasonClient)
	guess.Degraded = true
	for name, test := range map[string]struct {
		decision ingest.Decision
		want     int64
	}{
		"nothing but pace":          {hit(10, ingest.ReasonPace), hardest / 27},
		"some score":                {hit(40, ingest.ReasonPace), hardest / 9},
		"more":                      {hit(70, ingest.ReasonPace), hardest / 3},
		"the most":                  {hit(90, ingest.ReasonPace), hardest},
		"a doubtful client":         {hit(10, ingest.ReasonClient), hardest / 9},
		"no higher than the top":    {hit(100, ingest.ReasonIdentity), hardest},
		"shadow hits do not count":  {shadow, hardest / 27},
		"counters that are guesses": {guess, hardest / 9},
	} {
		t.Run(name, func(t *testing.T) {
			c := &clock{start}
			assert.Equal(t, test.want, asked(t, adaptive(t, c, challenge.Options{}), c, of(alice), test.decision).MaxNumber)
		})
	}
}

func TestDifficultyFollowsWhatWasNotMet(t *testing.T) {
	c := &clock{start}
	s := adaptive(t, c, challenge.Options{})
	plain := hit(0, ingest.ReasonPace)
	var got []int64
	for range 10 {
		got = append(got, asked(t, s, c, of(alice), plain).MaxNumber)
	}
	assert.Equal(t, []int64{10, 10, 10, 30, 30, 30, 30, 30, 90, 90}, got)
	sameDevice := of(ingest.Subject{Account: "bob", Device: "phone"})
	assert.Equal(t, int64(90), asked(t, s, c, sameDevice, plain).MaxNumber, "another account does not help")
	assert.Equal(t, int64(10), asked(t, s, c, of(ingest.Subject{Account: "carol", Device: "own"}), plain).MaxNumber)
	c.now = start.Add(20 * time.Minute)
	assert.Equal(t, int64(10), asked(t, s, c, of(alice), plain).MaxNumber, "it is forgotten")
}

func TestWhoMeetsChallengesGetsNoHarderOnes(t *testing.T) {
	c := &clock{start}
	s := adaptive(t, c, challenge.Options{})
	for range 20 {
		issued := asked(t, s, c, of(alice), hit(0, ingest.ReasonPace))
		require.Equal(t, int64(10), issued.MaxNumber)
		_, err := s.Redeem(t.Context(), of(alice), solve(t, issued), scope)
		require.NoError(t, err)
	}
}

func TestDifficultyFollowsTheSubnetByShareOnly(t *testing.T) {
	c := &clock{start}
	dorm, farm := adaptive(t, c, challenge.Options{Busy: 1e6}), adaptive(t, c, challenge.Options{Busy: 1e6})
	newcomer := of(ingest.Subject{Account: "newcomer", Device: "new"})
	for i := range 100 {
		one := of(ingest.Subject{Account: fmt.Sprint("a", i), Device: fmt.Sprint("d", i)})
		issued := asked(t, dorm, c, one, hit(0, ingest.ReasonPace))
		if i%2 == 0 {
			_, err := dorm.Redeem(t.Context(), one, solve(t, issued), scope)
			require.NoError(t, err)
		}
		asked(t, farm, c, one, hit(0, ingest.ReasonPace))
	}
	assert.Equal(t, int64(10), asked(t, dorm, c, newcomer, hit(0, ingest.ReasonPace)).MaxNumber)
	assert.Equal(t, int64(30), asked(t, farm, c, newcomer, hit(0, ingest.ReasonPace)).MaxNumber)
}

func TestDifficultyFollowsLoad(t *testing.T) {
	c := &clock{start}
	s := adaptive(t, c, challenge.Options{Busy: 2})
	one := func(i int) int64 {
		v := challenge.Visitor{Subject: ingest.Subject{Account: fmt.Sprint("l", i), Device: fmt.Sprint("m", i)}}
		return asked(t, s, c, v, hit(0, ingest.ReasonPace)).MaxNumber
	}
	got := map[int64]int{}
	for i := range 100 {
		got[one(i)]++
	}
	assert.Equal(t, map[int64]int{10: 20, 30: 60, 90: 20}, got)
	c.now = start.Add(10 * time.Second)
	assert.Equal(t, int64(90), one(200), "the window before counts")
	c.now = start.Add(30 * time.Second)
	assert.Equal(t, int64(10), one(201))
}

func TestTicketsAreBound(t *testing.T) {
	c := &clock{start}
	s := adaptive(t, c, challenge.Options{})
	good := s.Ticket(submit(start, alice, "main"), hit(0, ingest.ReasonPace))
	issue := func(subject ingest.Subject, ticket string, scope challenge.Scope) error {
		_, err := s.Issue(t.Context(), of(subject), ticket, scope)
		return err
	}
	require.NoError(t, issue(alice, good, scope))
	for name, test := range map[string]struct {
		subject ingest.Subject
		ticket  string
		scope   challenge.Scope
		want    error
	}{
		"none":           {alice, "", scope, challenge.ErrBadTicket},
		"long":           {alice, strings.Repeat("t1.", 2000), scope, challenge.ErrBadTicket},
		"no body":        {alice, "t1.%." + strings.SplitN(good, ".", 3)[2], scope, challenge.ErrBadTicket},
		"no signature":   {alice, strings.Join(strings.SplitN(good, ".", 3)[:2], ".") + ".%", scope, challenge.ErrBadTicket},
		"cut":            {alice, good[:len(good)-4], scope, challenge.ErrForeign},
		"another's":      {ingest.Subject{Account: "bob", Device: "phone"}, good, scope, challenge.ErrForeign},
		"another device": {ingest.Subject{Account: "alice", Device: "farm"}, good, scope, challenge.ErrForeign},
		"another pool":   {alice, good, challenge.Scope{Kind: scope.Kind, Pool: "other"}, challenge.ErrForeign},
		"another kind":   {alice, good, challenge.Scope{Kind: ingest.KindOrderPay, Pool: "main"}, challenge.ErrForeign},
	} {
		require.ErrorIs(t, issue(test.subject, test.ticket, test.scope), test.want, name)
	}
	c.now = start.Add(10 * time.Minute)
	require.ErrorIs(t, issue(alice, good, scope), challenge.ErrExpired)
	assert.Empty(t, s.Ticket(submit(start, ingest.Subject{}, "main"), ingest.Decision{}), "nobody can be asked")
	harder := s.Ticket(submit(start, alice, "main"), hit(90, ingest.ReasonPace))
	assert.Equal(t, strings.SplitN(good, ".", 3)[1], strings.SplitN(harder, ".", 3)[1], "what can be read tells nothing of the risk")
}

// phone is a booking system with one phone.
type phone struct {
	sent, right int
	fails       error
}

func (p *phone) Send(context.Context, string) (string, error) {
	if p.fails != nil {
		return "", p.fails
	}
	p.sent++
	return "138****0001", nil
}

func (p *phone) Check(_ context.Context, _, code string) error {
	if code != "123456" || p.right > 0 {
		return challenge.ErrWrongCode
	}
	p.right++
	return nil
}

func TestACodeIsTheSecondGrade(t *testing.T) {
	c := &clock{start}
	p, registry := &phone{}, prometheus.NewRegistry()
	s := adaptive(t, c, challenge.Options{StepUp: p, Registry: registry})
	d := hit(95, ingest.ReasonPace)
	issued := asked(t, s, c, of(alice), d)
	assert.Equal(t, challenge.Challenge{Grade: challenge.GradeSMS, SMS: true}, issued, "no proof will do")
	ticket := s.Ticket(submit(start, alice, "main"), d)
	sent, err := s.Send(t.Context(), of(alice), ticket, scope)
	require.NoError(t, err)
	assert.Equal(t, challenge.Sent{Grade: challenge.GradeSMS, To: "138****0001"}, sent)
	for _, wrong := range []string{"", "000000", strings.Repeat("1", 17)} {
		_, err = s.Check(t.Context(), of(alice), wrong, ticket, scope)
		require.ErrorIs(t, err, challenge.ErrWrongCode)
	}
	pass, err := s.Check(t.Context(), of(alice), "123456", ticket, scope)
	require.NoError(t, err)
	_, _, ok := s.Verify(pass.Token, submit(start, alice, "main"))
	assert.True(t, ok)
	_, _, ok = s.Verify(pass.Token, submit(start, ingest.Subject{Account: "alice", Device: "farm"}, "main"))
	assert.False(t, ok, "it is bound like any other")
	_, err = s.Check(t.Context(), of(alice), "123456", ticket, scope)
	require.ErrorIs(t, err, challenge.ErrWrongCode, "once")
	assert.Equal(t, map[string]float64{"none sms passed": 1, "none sms wrong_code": 4}, counted(t, registry, "fairgate_challenge_redeemed_total"))
}

// counted gathers a counter by the values of its labels.
func counted(t *testing.T, registry *prometheus.Registry, name string) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	require.NoError(t, err)
	found := map[string]float64{}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, m := range family.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetValue())
			}
			found[strings.Join(labels, " ")] = m.GetCounter().GetValue()
		}
	}
	return found
}

func TestACodeCanBeChosenAndIsAskedForAfterUnmetProofs(t *testing.T) {
	c := &clock{start}
	s := adaptive(t, c, challenge.Options{StepUp: &phone{}})
	plain := hit(0, ingest.ReasonPace)
	var grades []challenge.Grade
	for range 6 {
		issued := asked(t, s, c, of(alice), plain)
		assert.True(t, issued.SMS)
		grades = append(grades, issued.Grade)
	}
	assert.Equal(t, []challenge.Grade{"proof", "proof", "proof", "proof", "proof", "sms"}, grades)
	nobody := asked(t, s, c, of(ingest.Subject{Session: "s", Device: "other"}), hit(95, ingest.ReasonPace))
	assert.Equal(t, challenge.GradeProof, nobody.Grade, "nobody is signed in")
	assert.False(t, nobody.SMS)
}

func TestNobodyIsHeldToACodeThatCannotBeSent(t *testing.T) {
	c := &clock{start}
	p := &phone{fails: fmt.Errorf("booking: %w", challenge.ErrNoPhone)}
	s := adaptive(t, c, challenge.Options{StepUp: p})
	d := hit(95, ingest.ReasonPace)
	require.Equal(t, challenge.GradeSMS, asked(t, s, c, of(alice), d).Grade)
	_, err := s.Send(t.Context(), of(alice), s.Ticket(submit(start, alice, "main"), d), scope)
	require.ErrorIs(t, err, challenge.ErrNoPhone)
	issued := asked(t, s, c, of(alice), d)
	assert.Equal(t, challenge.GradeProof, issued.Grade)
	assert.Equal(t, int64(hardest), issued.MaxNumber)
}

func TestCodesAreCapped(t *testing.T) {
	c := &clock{start}
	p := &phone{}
	s := adaptive(t, c, challenge.Options{StepUp: p})
	send := func(account, device string) error {
		who := ingest.Subject{Account: account, Device: device}
		_, err := s.Send(t.Context(), of(who), s.Ticket(submit(c.now, who, "main"), hit(0, "")), scope)
		return err
	}
	for i := range 5 {
		require.NoError(t, send("alice", fmt.Sprint("d", i)))
		require.NoError(t, send(fmt.Sprint("a", i), "farm"))
	}
	for name, who := range map[string][2]string{"an account": {"alice", "new"}, "a device": {"new", "farm"}} {
		err := send(who[0], who[1])
		var limit *challenge.LimitError
		require.ErrorAs(t, err, &limit, name)
		require.ErrorIs(t, err, challenge.ErrCodeLimit)
		assert.LessOrEqual(t, limit.RetryAfter, 12*time.Hour)
	}
	assert.Equal(t, 10, p.sent)
	p.fails = errors.New("away")
	for range 10 {
		require.ErrorContains(t, send("carol", "hers"), "away")
	}
	p.fails = nil
	require.NoError(t, send("carol", "hers"), "what was not sent does not count")
	c.now = start.Add(25 * time.Hour)
	require.NoError(t, send("alice", "new"))
}
