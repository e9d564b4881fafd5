package notify

import (
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"
	"time"
)

//go:embed templates/*.txt
var shipped embed.FS

// Kind is what a message is about; each has one template in each language.
type Kind string

// Kinds of messages.
const (
	AlertFired     Kind = "alert_fired"
	AlertEscalated Kind = "alert_escalated" // nobody took it in time
	AlertClosed    Kind = "alert_closed"
	SilenceEnding  Kind = "silence_ending"   // and what it keeps quiet is still there
	RuleTurnedDown Kind = "rule_turned_down" // a block budget is spent
	Test           Kind = "test"             // the test button of a channel
)

// kinds lists the fields of every kind, each with a value for previews.
var kinds = map[Kind]map[string]string{
	AlertFired: {
		"what_zh": "票池被过快抢占", "what_en": "a pool drains too fast", "since": "2026-11-22 09:30:00",
		"who": "1,204", "pools": "spring-festival", "evidence_zh": "异常流量 83 %", "evidence_en": "83 % hostile",
		"done_zh": "已验证 912 个账号", "done_en": "challenged 912 accounts", "next_zh": "查看放票实况", "next_en": "look at the live release",
	},
	AlertEscalated: {"what_zh": "票池被过快抢占", "what_en": "a pool drains too fast", "since": "2026-11-22 09:30:00", "waited": "30"},
	AlertClosed:    {"what_zh": "票池被过快抢占", "what_en": "a pool drains too fast", "since": "2026-11-22 09:30:00", "until": "2026-11-22 09:52:10"},
	SilenceEnding:  {"what_zh": "票池被过快抢占", "what_en": "a pool drains too fast", "by": "li.na", "until": "2026-11-22 10:30:00", "reason": "校庆团队预约"},
	RuleTurnedDown: {"rule": "many_documents", "since": "2026-11-22 09:31:00", "owner": "li.na", "used": "41", "allowed": "40"},
	Test:           {"channel": "值班群", "by": "li.na"},
}

// Kinds lists all kinds in order of name.
func Kinds() []Kind { return slices.Sorted(maps.Keys(kinds)) }

// Valid reports whether k is a known kind.
func (k Kind) Valid() bool { return kinds[k] != nil }

// Fields names the fields that a message of the kind must have.
func (k Kind) Fields() []string { return slices.Sorted(maps.Keys(kinds[k])) }

// Sample is a message of the kind with values made up, for previews.
func (k Kind) Sample(at time.Time, link string) Message {
	return Message{Key: "preview", Kind: k, Severity: Warning, Time: at, Fields: maps.Clone(kinds[k]), Link: link}
}

// Template is the words of a kind in a language, in the syntax of text/template:
// fields as {{.name}}, and nothing but fields and conditions on them.
type Template struct {
	Kind     Kind     `json:"kind"`
	Language Language `json:"language"`
	Title    string   `json:"title"`
	Body     string   `json:"body"`
}

// Bounds of a template, in bytes.
const (
	maxTitle = 300
	maxBody  = 4000
)

// Shipped gives the words that come with the program. The first line of its
// file is the title.
func Shipped(kind Kind, language Language) (Template, error) {
	if !kind.Valid() || !language.Valid() {
		return Template{}, fmt.Errorf("%w: no template for kind %q in language %q", ErrBadInput, kind, language)
	}
	text, err := shipped.ReadFile(fmt.Sprintf("templates/%s.%s.txt", kind, language))
	if err != nil {
		return Template{}, fmt.Errorf("read the template: %w", err)
	}
	title, body, _ := strings.Cut(string(text), "\n")
	return Template{Kind: kind, Language: language, Title: title, Body: strings.TrimSpace(body)}, nil
}

// Text is a message in words.
type Text struct {
	Title string `json:"title"`
	Body  string `json:"body"`
}

// Validate renders the template with the kind's sample and names what is wrong.
func (t Template) Validate() error {
	if !t.Kind.Valid() || !t.Language.Valid() {
		return fmt.Errorf("%w: no template for kind %q in language %q", ErrBadInput, t.Kind, t.Language)
	}
	if strings.TrimSpace(t.Title) == "" || len(t.Title) > maxTitle || strings.Contains(t.Title, "\n") {
		return fmt.Errorf("%w: title: want one line of 1 to %d bytes", ErrBadInput, maxTitle)
	}
	if strings.TrimSpace(t.Body) == "" || len(t.Body) > maxBody {
		return fmt.Errorf("%w: body: want 1 to %d bytes", ErrBadInput, maxBody)
	}
	text, err := t.Render(t.Kind.Sample(time.Time{}, ""))
	if err == nil && (text.Title == "" || text.Body == "") {
		err = fmt.Errorf("%w: title, body: there is nothing left to read", ErrBadInput)
	}
	return err
}

// Render fills the template from a message.
func (t Template) Render(m Message) (Text, error) {
	fields := make(map[string]string, len(m.Fields))
	for name, value := range m.Fields {
		fields[name] = inert(value)
	}
	title, err := render("title", t.Title, fields)
	if err != nil {
		return Text{}, err
	}
	body, err := render("body", t.Body, fields)
	if err != nil {
		return Text{}, err
	}
	return Text{Title: strings.TrimSpace(title), Body: strings.TrimSpace(body)}, nil
}

func render(part, text string, fields map[string]string) (string, error) {
	tmpl, err := template.New(part).Option("missingkey=error").Parse(text)
	if err != nil {
		return "", fmt.Errorf("%w: %s: %w", ErrBadInput, part, err)
	}
	if tmpl.Tree == nil {
		return "", nil
	}
	if err := plain(part, tmpl.Root); err != nil {
		return "", err
	}
	var out strings.Builder
	if err := tmpl.Execute(&out, fields); err != nil {
		return "", fmt.Errorf("%w: %s: %w", ErrBadInput, part, err)
	}
	return out.String(), nil
}

// plain refuses everything but text, fields and conditions: a template is words,
// not a program that somebody could let run for ever.
func plain(part string, list *parse.ListNode) error {
	if list == nil {
		return nil
	}
	for _, node := range list.Nodes {
		switch n := node.(type) {
		case *parse.TextNode, *parse.CommentNode:
		case *parse.ActionNode:
			if err := field(part, n.Pipe); err != nil {
				return err
			}
		case *parse.IfNode:
			if err := field(part, n.Pipe); err != nil {
				return err
			}
			if err := plain(part, n.List); err != nil {
				return err
			}
			if err := plain(part, n.ElseList); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%w: %s: %q is neither a field nor a condition on one", ErrBadInput, part, node)
		}
	}
	return nil
}

func field(part string, pipe *parse.PipeNode) error {
	if len(pipe.Decl) == 0 && len(pipe.Cmds) == 1 && len(pipe.Cmds[0].Args) == 1 {
		if f, ok := pipe.Cmds[0].Args[0].(*parse.FieldNode); ok && len(f.Ident) == 1 {
			return nil
		}
	}
	return fmt.Errorf("%w: %s: {{%s}} is not a single field such as {{.since}}", ErrBadInput, part, pipe)
}
