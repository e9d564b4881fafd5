package rules

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"fairgate/ingest"
)

// Limits of a ruleset.
const (
	MinWindow = time.Second
	MaxWindow = 720 * time.Hour
	// MaxTTL is the longest that a rule's action may stand.
	MaxTTL = 90 * 24 * time.Hour
	// MaxSharedTTL is the same for entities that unrelated people share.
	MaxSharedTTL = time.Hour
	MaxFeatures  = 512
	MaxRules     = 5000
	maxText      = 2000
	maxTags      = 20
	maxCases     = 200 // of one rule
)

// tagFormat is the form of tags and scenarios.
var tagFormat = regexp.MustCompile(`^[\p{L}\p{N}._-]{1,40}$`)

// validate reports everything that can be said without the expressions.
func validate(rs *Ruleset, c *problems) {
	if !nameFormat.MatchString(rs.Name) {
		c.add("name", "", "%q must be lower-case words joined by _", clip(rs.Name))
	}
	if len(rs.Features) > MaxFeatures {
		c.add("features", "", "has %d entries, at most %d", len(rs.Features), MaxFeatures)
	}
	if len(rs.Rules) > MaxRules {
		c.add("rules", "", "has %d entries, at most %d", len(rs.Rules), MaxRules)
	}
	if len(rs.Rules) == 0 {
		c.add("rules", "", "is empty: a ruleset without rules lets everything pass")
	}
	names := map[string]int{}
	fields := map[string]bool{}
	for _, f := range Fields() {
		fields[f.Name] = true
	}
	for i := range rs.Features {
		f := &rs.Features[i]
		at := indexed("features", i) + "."
		checkName(c, at+"name", f.Name, names, i)
		switch {
		case fields[f.Name]:
			c.add(at+"name", "", "%q is the name of an event field", f.Name)
		case slices.Contains(reserved(), f.Name):
			c.add(at+"name", "", "%q is a word of the expression language", f.Name)
		}
		validateFeature(f, at, c)
	}
	validateRatios(rs, c)
	ids := map[string]int{}
	for i := range rs.Rules {
		at := indexed("rules", i) + "."
		checkName(c, at+"id", rs.Rules[i].ID, ids, i)
		validateRule(&rs.Rules[i], at, c)
		validateScore(&rs.Rules[i], at, c)
	}
	validateBands(rs, ids, c)
}

// validateScore reports a score that is none, and a weak signal without one.
func validateScore(r *Rule, at string, c *problems) {
	switch {
	case r.Score < 0 || r.Score > 100 || r.Score != r.Score:
		c.add(at+"score", r.ID, "%v must be from 0 to 100", r.Score)
	case r.Action == ActionScore && r.Score == 0:
		c.add(at+"score", r.ID, "is missing: a rule with action score does nothing else than add its score")
	}
	if r.Action == ActionScore && r.TTL != 0 {
		c.add(at+"ttl", r.ID, "has no meaning for action score, which acts on nobody")
	}
}

// maxName is the longest name of a feature, rule or band, in bytes.
const maxName = 64

// ValidName reports whether s can be the name of a feature or the id of a rule
// or band.
func ValidName(s string) bool { return len(s) <= maxName && nameFormat.MatchString(s) }

func checkName(c *problems, field, name string, seen map[string]int, i int) {
	first, again := seen[name]
	switch {
	case name == "":
		c.add(field, "", "is missing")
	case !ValidName(name):
		c.add(field, "", "%q must be lower-case words joined by _, at most %d characters", clip(name), maxName)
	case again:
		c.add(field, "", "%q is used twice, first by entry %d", name, first+1)
	default:
		seen[name] = i
	}
}

// known reports a value that is not one of its enumeration.
func known[T ~string](c *problems, field, name string, value T, all []T) {
	switch {
	case value == "":
		c.add(field, name, "is missing; one of %s", oneOf(all))
	case !slices.Contains(all, value):
		c.add(field, name, "%q is unknown%s", clip(string(value)), DidYouMean(string(value), all))
	}
}

func validateKinds(kinds []ingest.Kind, at, name string, c *problems) {
	for i, k := range kinds {
		field := indexed(at+"events", i)
		known(c, field, name, k, ingest.Kinds())
		if slices.Contains(kinds[:i], k) {
			c.add(field, name, "%q is listed twice", k)
		}
	}
}

// validateAsked refuses kinds that no request asks for, where only requests are
// looked at.
func validateAsked(kinds []ingest.Kind, at, name, what string, c *problems) {
	for i, k := range kinds {
		if k.Told() {
			c.add(indexed(at+"events", i), name, "%q is told afterwards, and %s never meets it; choose stage async", k, what)
		}
	}
}

func validateRule(r *Rule, at string, c *problems) {
	known(c, at+"stage", r.ID, r.Stage, []Stage{StageInline, StageAsync})
	known(c, at+"mode", r.ID, r.Mode, Modes())
	known(c, at+"action", r.ID, r.Action, ruleActions())
	known(c, at+"on", r.ID, r.On, Entities())
	if r.Reason != "" {
		known(c, at+"reason", r.ID, r.Reason, ruleReasons())
	}
	validateKinds(r.Events, at, r.ID, c)
	if r.Mode == ModeCanary && (r.Share < 0 || r.Share > 1 || r.Share != r.Share) {
		c.add(at+"share", r.ID, "%v must be from 0 to 1", r.Share)
	}
	if r.Mode != ModeCanary && r.Share != 0 {
		c.add(at+"share", r.ID, "%v has no meaning in mode %s, only in canary", r.Share, r.Mode)
	}
	switch {
	case r.TTL < 0 || r.TTL > MaxTTL || r.TTL%time.Second != 0:
		c.add(at+"ttl", r.ID, "%s must be whole seconds up to %s", FormatDuration(r.TTL), FormatDuration(MaxTTL))
	case r.On.shared() && r.TTL > MaxSharedTTL:
		c.add(at+"ttl", r.ID, "%s is too long for on: %s, which unrelated people share; at most %s",
			FormatDuration(r.TTL), r.On, FormatDuration(MaxSharedTTL))
	}
	validateRepeat(r, at, c)
	validateTags(r, at, c)
	if r.Stage == StageInline {
		validateAsked(r.Events, at, r.ID, "an in-line rule", c)
	}
	switch r.On {
	case EntityCluster:
		c.add(at+"on", r.ID, "%q cannot be acted on: it is a conclusion about many accounts; act on the account", r.On)
	case EntityFamily:
		c.add(at+"on", r.ID, "%q cannot be acted on: unrelated people have like devices; act on the device or the account", r.On)
	case EntityChannel:
		c.add(at+"on", r.ID, "%q cannot be acted on: all its customers stand behind it; flag the account that it sells through", r.On)
	case EntityDocument, EntityPhone, EntityPool, EntityPhoneBlock, EntityPayee:
		c.add(at+"on", r.ID, "%q cannot be acted on: anybody can type it into a request, and would have others blocked", r.On)
	case EntityIP, EntitySubnet, EntityASN:
		if r.Action == ingest.Block {
			c.add(at+"action", r.ID, "block on %s would hit everybody behind it; challenge is the most that is allowed", r.On)
		}
	default: // account, device and session are proved
	}
	for field, s := range map[string]string{
		"description": r.Description, "owner": r.Owner, "messages.zh": r.Messages.ZH, "messages.en": r.Messages.EN,
	} {
		if len(s) > maxText {
			c.add(at+field, r.ID, "has %d bytes, at most %d", len(s), maxText)
		}
	}
}

// validateTags checks the words that rules are found and grouped by.
func validateTags(r *Rule, at string, c *problems) {
	for field, list := range map[string][]string{"tags": r.Tags, "scenarios": r.Scenarios} {
		if len(list) > maxTags {
			c.add(at+field, r.ID, "has %d entries, at most %d", len(list), maxTags)
			continue
		}
		for i, tag := range list {
			switch {
			case !tagFormat.MatchString(tag):
				c.add(indexed(at+field, i), r.ID, "%q must be 1 to 40 letters, digits, ., _ or -", clip(tag))
			case slices.Contains(list[:i], tag):
				c.add(indexed(at+field, i), r.ID, "%q is listed twice", tag)
			}
		}
	}
}

// validateCases checks that the examples name what exists, with its type.
func validateCases(r *Rule, at string, v *vocabulary, c *problems) {
	if n := len(r.Cases.MustFire) + len(r.Cases.MustNotFire); n > maxCases {
		c.add(at+"cases", r.ID, "has %d entries, at most %d", n, maxCases)
		return
	}
	for list, cases := range map[string][]Case{"must_fire": r.Cases.MustFire, "must_not_fire": r.Cases.MustNotFire} {
		for i, k := range cases {
			at := indexed(at+"cases."+list, i) + "."
			known(c, at+"kind", r.ID, k.Kind, ingest.Kinds())
			for name, value := range k.Event {
				validateCaseField(v, at+"event."+name, r.ID, name, value, c)
			}
			for name := range k.Features {
				if _, ok := v.features[name]; !ok {
					c.add(at+"features."+name, r.ID, "%q is not a declared feature%s", clip(name), DidYouMean(name, v.names))
				}
			}
		}
	}
}

func validateCaseField(v *vocabulary, at, rule, name string, value any, c *problems) {
	f, ok := v.fields[name]
	if !ok {
		c.add(at, rule, "%q is not an event field%s", clip(name), DidYouMean(name, v.names))
		return
	}
	var got Type
	switch value.(type) {
	case string:
		got = TypeText
	case bool:
		got = TypeBool
	case float64:
		got = TypeNumber
	default:
		got = Type(fmt.Sprintf("%T", value))
	}
	if got != f.Type {
		c.add(at, rule, "%v is a %s, %s is a %s", value, got, name, f.Type)
	}
	if name == "kind" {
		c.add(at, rule, "the case's own kind says it already")
	}
}
