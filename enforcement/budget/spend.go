package budget

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"fairgate/enforcement"
	"fairgate/ingest/sqldb"
)

// hourOf numbers the hour of an event.
func hourOf(t time.Time) int64 { return sqldb.Millis(t) / time.Hour.Milliseconds() }

// dayOf numbers the day of an event.
func dayOf(t time.Time) int64 { return hourOf(t) / 24 }

// Spend notes who was seen and whom rules blocked, and turns a rule down that
// goes beyond its budget. Evidence is judged as it stood before the hour of the
// event, so that what a rule does to a person in that hour does not make it
// cheaper. A repeat changes nothing; an account that was seen in this hour
// already and did nothing new costs nothing.
func (s *Service) Spend(ctx context.Context, seen []enforcement.Sighting) error {
	fresh := s.unmet(seen)
	if len(fresh) == 0 {
		return nil
	}
	var down []Down
	err := s.db.InTx(ctx, func(tx *sql.Tx) error {
		people, err := s.meet(ctx, tx, fresh)
		if err != nil {
			return err
		}
		down, err = s.charge(ctx, tx, people)
		return err
	})
	if err != nil {
		return fmt.Errorf("spend budgets: %w", err)
	}
	s.remember(fresh)
	for _, d := range down {
		s.options.Logger.ErrorContext(ctx, "a rule went beyond its block budget and only challenges now",
			"rule", d.Rule, "owner", d.Owner, "ruleset", d.Ruleset, "used", d.Used, "allowed", d.Allowed, "active", d.Active)
	}
	if len(down) > 0 && s.options.Curb != nil {
		return s.refresh(ctx, s.options.Curb)
	}
	return nil
}

// unmet leaves out what is known already.
func (s *Service) unmet(seen []enforcement.Sighting) []enforcement.Sighting {
	s.mu.Lock()
	defer s.mu.Unlock()
	var fresh []enforcement.Sighting
	for _, v := range seen {
		_, met := s.met[sight{v.Site, v.Account, hourOf(v.Time)}]
		if !met || v.Flagged || v.Challenge != "" || len(v.Blocks) > 0 {
			fresh = append(fresh, v)
		}
	}
	return fresh
}

func (s *Service) remember(seen []enforcement.Sighting) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.met)+len(seen) > maxMet {
		clear(s.met) // costs a statement for each account that comes again
	}
	for _, v := range seen {
		s.met[sight{v.Site, v.Account, hourOf(v.Time)}] = struct{}{}
	}
}

// person is a sighting of somebody who counts.
type person struct {
	enforcement.Sighting
	name string
	hour int64
}

// meet brings the histories of the accounts up to date and returns the
// sightings of people, noted as active.
func (s *Service) meet(ctx context.Context, tx *sql.Tx, seen []enforcement.Sighting) ([]person, error) {
	known, err := s.look(ctx, tx, seen)
	if err != nil {
		return nil, err
	}
	var people []person
	changed := map[accountKey]bool{}
	for _, v := range seen {
		key := accountKey{v.Site, v.Account}
		a := known[key]
		if a.person(v.Time, s.options) {
			p := person{Sighting: v, name: "a:" + v.Account, hour: hourOf(v.Time)}
			if v.Cluster != "" {
				p.name = "c:" + v.Cluster
			}
			people = append(people, p)
		}
		if a.see(v) {
			changed[key] = true
		}
	}
	if err := saveHistories(ctx, tx, known, changed); err != nil {
		return nil, err
	}
	// In one order everywhere, so that two processes do not wait for each other.
	slices.SortStableFunc(people, func(a, b person) int {
		return cmp.Or(cmp.Compare(a.Site, b.Site), cmp.Compare(a.hour, b.hour), cmp.Compare(a.name, b.name))
	})
	err = insertRows(ctx, tx, `INSERT INTO budget_active (site, hour, person, account) VALUES `, ` ON CONFLICT DO NOTHING`,
		4, len(people), func(i int) []any {
			p := people[i]
			return []any{p.Site, p.hour, p.name, p.Account}
		})
	if err != nil {
		return nil, fmt.Errorf("note who is active: %w", err)
	}
	return people, nil
}

// budgetKey is what has a budget: the content of a rule, in an hour.
type budgetKey struct {
	site, rule, content string
	hour                int64
}

// charge notes the people that rules blocked and turns down those that went
// beyond their budget with it.
func (s *Service) charge(ctx context.Context, tx *sql.Tx, people []person) ([]Down, error) {
	type block struct {
		budgetKey
		person
	}
	var blocks []block
	for _, p := range people {
		for _, rule := range p.Blocks {
			blocks = append(blocks, block{budgetKey{p.Site, rule, s.contentOf(p.Ruleset, rule).hash, p.hour}, p})
		}
	}
	now := sqldb.Millis(s.options.Now())
	err := insertRows(ctx, tx,
		`INSERT INTO budget_spent (site, rule, content, hour, person, account, event_id, ruleset, noted_ms) VALUES `,
		` ON CONFLICT DO NOTHING`, 9, len(blocks), func(i int) []any {
			b := blocks[i]
			return []any{b.site, b.rule, b.content, b.budgetKey.hour, b.name, b.Account, b.EventID, b.Ruleset, now}
		})
	if err != nil {
		return nil, fmt.Errorf("note who was blocked: %w", err)
	}
	var down []Down
	done := map[budgetKey]bool{}
	for _, b := range blocks {
		if done[b.budgetKey] {
			continue
		}
		done[b.budgetKey] = true
		d, fell, err := s.judge(ctx, tx, b.budgetKey, b.Ruleset)
		if err != nil {
			return nil, err
		}
		if fell {
			down = append(down, d)
		}
	}
	return down, nil
}
