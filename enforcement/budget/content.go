package budget

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"

	"fairgate/ingest"
	"fairgate/rules"
)

// content is what a rule says, as a hash, and who answers for it.
type content struct {
	hash   string
	owner  string
	blocks bool
}

// contentsOf takes the rules of a program apart. The hash covers what decides
// who is blocked: the condition, the events, the stage, on whom the rule acts,
// its action, and the features that it reads, directly or through others. A new
// description, owner, score or ttl leaves the content as it is.
func contentsOf(p *rules.Program) (map[string]content, error) {
	doc := p.Ruleset()
	features := make(map[string]rules.Feature, len(doc.Features))
	for _, f := range doc.Features {
		f.Description = ""
		features[f.Name] = f
	}
	out := make(map[string]content, len(doc.Rules))
	for _, r := range doc.Rules {
		read, err := featuresOf(r.When, features)
		if err != nil {
			return nil, fmt.Errorf("content of rule %s: %w", r.ID, err)
		}
		text, err := json.Marshal([]any{r.Stage, r.Events, r.When, r.On, r.Action, read})
		if err != nil {
			return nil, fmt.Errorf("content of rule %s: %w", r.ID, err)
		}
		sum := sha256.Sum256(text)
		out[r.ID] = content{
			hash: hex.EncodeToString(sum[:16]), owner: r.Owner,
			blocks: r.Action == ingest.Block && (r.Mode == rules.ModeLive || r.Mode == rules.ModeCanary),
		}
	}
	return out, nil
}

// identifier is a word that may name a feature.
var identifier = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*`)

// featuresOf collects the features that a text names, and those that these
// name in turn, by name.
func featuresOf(text string, features map[string]rules.Feature) (map[string]json.RawMessage, error) {
	found := map[string]json.RawMessage{}
	for queue := []string{text}; len(queue) > 0; queue = queue[1:] {
		for _, word := range identifier.FindAllString(queue[0], -1) {
			f, ok := features[word]
			if _, known := found[word]; known || !ok {
				continue
			}
			declaration, err := json.Marshal(f)
			if err != nil {
				return nil, err
			}
			found[word] = declaration
			queue = append(queue, string(declaration))
		}
	}
	return found, nil
}
