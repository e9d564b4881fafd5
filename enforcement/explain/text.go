package explain

import (
	"io"
	"strconv"
	"strings"
	"time"

	"fairgate/rules"
)

// Write writes the explanation for a person to read, times in the given zone.
// It fails only as w does.
func (x *EventExplanation) Write(w io.Writer, l Language, zone *time.Location) error {
	t := &text{words: catalogue(l), language: l, zone: zone}
	t.head(x)
	for i := range x.Judgements {
		t.judgement(&x.Judgements[i])
	}
	t.followed(x)
	_, err := io.WriteString(w, t.out.String())
	return err
}

// text is an explanation being written.
type text struct {
	words
	language Language
	zone     *time.Location
	out      strings.Builder
}

// line writes one line; parts that are empty are left out, and so is a line of
// no others.
func (t *text) line(indent int, parts ...string) {
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	if len(kept) == 0 {
		return
	}
	t.out.WriteString(strings.Repeat("  ", indent) + strings.Join(kept, " · ") + "\n")
}

// pair is a word and its value, or nothing without a value.
func (t *text) pair(word, value string) string {
	if value == "" {
		return ""
	}
	if t.language == Chinese {
		return word + ":" + value
	}
	return word + ": " + value
}

func (t *text) when(at time.Time) string { return at.In(t.zone).Format("2006-01-02 15:04:05 -07:00") }

// plain makes control and bidirectional characters visible: parts of an event
// were written by visitors.
func plain(s string) string {
	quoted := strconv.QuoteToGraphic(s)
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
}

func (t *text) head(x *EventExplanation) {
	account := x.Account
	if account == "" {
		account = t.nobody
	}
	t.line(0, t.event+" "+plain(x.ID), t.when(x.Time))
	t.line(1, string(x.Kind), plain(strings.TrimSpace(x.Method+" "+x.Path)), t.pair(t.account, plain(account)), t.pair(t.device, plain(x.Device)))
	t.line(1, t.pair(t.pool, plain(strings.TrimSpace(x.Pool+" "+x.Day))), t.pair(t.order, plain(x.OrderID)))
	e := x.Edge
	observed := ""
	if e.Observed != "" {
		observed = t.observed + " " + t.language.action(e.Observed)
	}
	t.line(0, t.pair(t.decision, t.language.action(e.Action)), observed, t.pair(t.receipt, e.Receipt), t.pair(t.told, string(e.Reason)))
	answer := t.disposition(e.Disposition)
	if e.Status != 0 {
		answer += " HTTP " + strconv.Itoa(e.Status)
	}
	t.line(1, answer, t.pair(t.screening, e.Screening.Round(10*time.Microsecond).String()), when(e.Passed, t.passed), when(e.Degraded, t.degraded))
}

func when(is bool, word string) string {
	if is {
		return word
	}
	return ""
}

func (t *text) judgement(j *Judgement) {
	word := t.inline
	if j.Stage == rules.StageAsync {
		word = t.async
	}
	origin := ""
	if j.Origin != "" {
		origin = " (" + j.Origin + ")"
	}
	t.line(0, t.pair(word, t.language.action(j.Action)), t.pair(t.score, number(j.Score)), t.pair(t.ruleset, j.Ruleset)+origin)
	if j.Missing != "" && len(j.Hits) > 0 {
		t.line(1, t.missing)
	}
	if len(j.Hits) == 0 {
		t.line(1, t.noHits)
	}
	for i := range j.Hits {
		t.hit(&j.Hits[i])
	}
}

func (t *text) hit(h *Fired) {
	word := map[HitKind]string{HitRule: t.rule, HitList: t.list, HitShadow: t.shadow}[h.Kind]
	stands := t.thisRequest
	if h.TTLSeconds > 0 {
		stands = t.until + " " + t.language.duration(float64(h.TTLSeconds))
	}
	t.line(1, word+" "+plain(h.Rule)+" → "+t.language.action(h.Action),
		t.on+" "+t.language.entity(h.Entity)+" "+plain(h.Key), stands, scored(t, h.Score))
	x := h.Explanation
	if x == nil {
		return
	}
	message := x.Messages.EN
	if t.language == Chinese && x.Messages.ZH != "" {
		message = x.Messages.ZH
	}
	if message == "" {
		message = x.Description
	}
	if message != "" {
		t.line(2, plain(strings.TrimSpace(message)))
	}
	t.line(2, t.pair(t.condition, strings.Join(strings.Fields(x.When), " ")))
	for i := range x.Features {
		t.feature(&x.Features[i])
	}
	var fields []string
	for _, f := range x.Fields {
		fields = append(fields, f.Name+" = "+plain(f.Value))
	}
	t.line(2, t.pair(t.fromTable, strings.Join(fields, ", ")))
}

func scored(t *text, score float64) string {
	if score == 0 {
		return ""
	}
	return t.pair(t.score, number(score))
}

func (t *text) feature(f *rules.ExplainedFeature) {
	value := t.noValue
	if f.Known {
		value = number(f.Value)
	}
	var bounds []string
	for _, b := range f.Thresholds {
		bounds = append(bounds, number(b))
	}
	t.line(2, f.Name+" = "+value, t.pair(t.threshold, strings.Join(bounds, ", ")),
		t.language.entity(f.Entity)+" "+plain(f.Key), t.pair(t.inWindow, t.language.duration(f.Window.Seconds())), plain(strings.TrimSpace(f.Description)))
}

func (t *text) followed(x *EventExplanation) {
	t.line(0, t.words.followed)
	for _, f := range x.Followed {
		t.line(1, t.when(f.Time), t.language.did(f.Kind), strings.TrimSpace(t.language.entity(f.Entity)+" "+plain(f.Key)),
			t.pair(t.order, plain(f.Order)), t.pair(t.because, plain(f.Rule)), t.pair(t.by, plain(f.Actor)), plain(f.Detail))
	}
	for _, f := range x.Order {
		t.line(1, t.when(f.Time), t.pair(t.order, plain(f.Order)), f.Type, f.State)
	}
	if len(x.Followed)+len(x.Order) == 0 {
		t.line(1, t.nothing)
	}
}

// number keeps two decimals at most.
func number(v float64) string {
	s := strconv.FormatFloat(v, 'f', 2, 64)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}
