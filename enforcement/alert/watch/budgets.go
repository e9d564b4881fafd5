package watch

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"fairgate/enforcement/alert"
	"fairgate/enforcement/budget"
	"fairgate/enforcement/notify"
)

// Budgets is what a Spending needs; *budget.Service is one.
type Budgets interface {
	List(ctx context.Context) ([]budget.Budget, error)
}

// Pager tells operators of something once for each key; *notify.Service is one.
type Pager interface {
	Send(ctx context.Context, m notify.Message) (int, error)
}

// SpendingOptions say when a budget is near its end.
type SpendingOptions struct {
	Now func() time.Time
	// Near is the share used from which it is told. Default 0.8: at a steady pace
	// a quarter of an hour is then left to act before the rule is turned down.
	Near float64
	// Zone is the venue's; times in texts are in it. Default UTC.
	Zone *time.Location
	// Link makes the address of a rule's page; empty: messages have no link.
	Link func(rule string) string
}

// Spending watches the block budgets, and has the channels told once of a rule
// that was turned down. It is safe for concurrent use.
type Spending struct {
	budgets Budgets
	pager   Pager
	o       SpendingOptions
}

// NewSpending watches the budgets of a site.
func NewSpending(budgets Budgets, pager Pager, o SpendingOptions) *Spending {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Near = orElse(o.Near, 0.8)
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Link == nil {
		o.Link = func(string) string { return "" }
	}
	return &Spending{budgets: budgets, pager: pager, o: o}
}

// Look reports each rule that has used most of its budget.
func (s *Spending) Look(ctx context.Context) ([]alert.Finding, error) {
	list, err := s.budgets.List(ctx)
	if err != nil {
		return nil, err
	}
	var found []alert.Finding
	for _, b := range list {
		switch {
		case b.State == budget.StateDown && b.Down != nil:
			if err := s.page(ctx, *b.Down); err != nil {
				return nil, err
			}
			found = append(found, s.down(*b.Down))
		case b.Used > 0 && b.Allowed > 0 && float64(b.Used) >= s.o.Near*float64(b.Allowed):
			found = append(found, s.near(b))
		}
	}
	return found, nil
}

func (s *Spending) near(b budget.Budget) alert.Finding {
	return alert.Finding{
		Pattern: alert.BudgetNear, Group: clip(b.Rule, 200), Severity: notify.Warning, Accounts: b.Used, Path: path(b.Rule),
		What:     say("规则 %[1]s 拦截额度已用 %[2]s%%", "Rule %[1]s has used %[2]s%% of its block budget", name(b.Rule), percent(min(1, float64(b.Used)/float64(b.Allowed)))),
		Evidence: say("已用 %[1]d/%[2]d 账号/小时", "%[1]d of %[2]d people in this hour", b.Used, b.Allowed),
		Next: alert.Text{
			ZH: "抽查被拦截的真人；若误拦，立即降为验证", EN: "look at some of the people it blocked; have it challenge at once if they are people",
		},
	}
}

func (s *Spending) down(d budget.Down) alert.Finding {
	return alert.Finding{
		Pattern: alert.BudgetNear, Group: clip(d.Rule, 200), Severity: notify.Urgent, Accounts: d.Used, Path: path(d.Rule),
		What:     say("规则 %[1]s 已达拦截额度", "Rule %[1]s reached its block budget", name(d.Rule)),
		Evidence: say("该小时误拦真人 %[1]d 个，额度 %[2]d", "it blocked %[1]d people in an hour, its budget is %[2]d", d.Used, d.Allowed),
		Done:     say("%[1]s 起自动降为验证", "challenging since %[1]s", s.clock(d.Since)),
		Next: alert.Text{
			ZH: "复核被拦截的账号并收窄条件；由负责人以外的人解除", EN: "review the blocked accounts and narrow the rule; somebody other than its owner lifts it",
		},
	}
}

// page tells the channels. The outbox takes a second message of the same key
// nowhere, so that it may be repeated, by any process.
func (s *Spending) page(ctx context.Context, d budget.Down) error {
	_, err := s.pager.Send(ctx, notify.Message{
		Key: "rule-turned-down/" + d.ID, Kind: notify.RuleTurnedDown, Severity: notify.Urgent, Time: s.o.Now(), Link: s.o.Link(d.Rule),
		Fields: map[string]string{
			"rule": clip(d.Rule, 200), "owner": clip(orNobody(d.Owner), 200), "since": s.clock(d.Since),
			"used": strconv.Itoa(d.Used), "allowed": strconv.Itoa(d.Allowed),
		},
	})
	if err != nil {
		return fmt.Errorf("tell that rule %q was turned down: %w", d.Rule, err)
	}
	return nil
}

func orNobody(owner string) string {
	if owner == "" {
		return "—"
	}
	return owner
}

func (s *Spending) clock(t time.Time) string { return t.In(s.o.Zone).Format(time.DateTime) }

func path(rule string) string { return "/rules/" + clip(rule, 200) }
