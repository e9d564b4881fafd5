package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"fairgate/enforcement/explain"
)

type rulesExplainCommand struct {
	operatorsFlags
	Event   string `arg:"" help:"Id of the event."`
	Ruleset string `help:"Ruleset file that judged it, where the service has that version no more." type:"existingfile" placeholder:"FILE"`
	Lang    string `help:"Languages, separated by commas." default:"zh,en"`
	JSON    bool   `help:"Print the API's answer as JSON." name:"json"`
}

// Help says what is told.
func (c *rulesExplainCommand) Help() string {
	return `Prints, from the ledger, what was seen, judged and done: the disposition, every rule that
fired with its condition and the values it saw, list entries, shadow hits, what the edge did,
the receipt, and what followed.`
}

// Run asks the operators' API and prints its answer.
func (c *rulesExplainCommand) Run(ctx context.Context) error {
	languages, err := languagesOf(c.Lang)
	if err != nil {
		return err
	}
	path := "/api/v1/events/" + url.PathEscape(c.Event) + "/explanation"
	method, body := http.MethodGet, any(nil)
	if c.Ruleset != "" {
		document, err := os.ReadFile(c.Ruleset)
		if err != nil {
			return fmt.Errorf("ruleset: %w", err)
		}
		method, body = http.MethodPost, map[string]string{"ruleset": string(document)}
	}
	var x explain.EventExplanation
	if err := c.call(ctx, method, path, body, &x); err != nil {
		return err
	}
	if c.JSON {
		return encodeReport(os.Stdout, x)
	}
	for i, l := range languages {
		if i > 0 {
			_, _ = fmt.Fprintln(os.Stdout)
		}
		if err := x.Write(os.Stdout, l, time.FixedZone("UTC+8", 8*60*60)); err != nil {
			return err
		}
	}
	return nil
}

func languagesOf(text string) ([]explain.Language, error) {
	var out []explain.Language
	for name := range strings.SplitSeq(text, ",") {
		l := explain.Language(strings.TrimSpace(name))
		if !l.Valid() {
			return nil, fmt.Errorf("--lang %q: %q is neither zh nor en", text, l)
		}
		out = append(out, l)
	}
	return out, nil
}
