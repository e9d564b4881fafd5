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
// its action, and the features that it reads, directly or through others; of a
// band also the scores of the rules that act. A new description, owner or ttl
// leaves the content as it is.
func contentsOf(p *rules.Program) (map[string]content, error) {
	doc := p.Ruleset()
	features := make(map[string]rules.Feature, len(doc.Features))
	for _, f := range doc.Features {
		f.Description = ""
		features[f.Name] = f
	}
	out := make(map[string]content, len(doc.Rules)+len(doc.Bands))
	var signals []any
	for _, r := range doc.Rules {
		read, err := featuresOf(r.When, features)
		if err != nil {
			return nil, fmt.Errorf("content of rule %s: %w", r.ID, err)
		}
		c, err := newContent(r.Owner, r.Action, r.Mode, r.Stage, r.Events, r.When, r.On, read)
		if err != nil {
			return nil, fmt.Errorf("content of rule %s: %w", r.ID, err)
		}
		out[r.ID] = c
		if r.Score != 0 && acts(r.Mode) {
			signals = append(signals, r.ID, c.hash, r.Score)
		}
	}
	for _, b := range doc.Bands {
		c, err := newContent(b.Owner, b.Action, b.Mode, b.Stage, b.Events, b.From, b.On, signals)
		if err != nil {
			return nil, fmt.Errorf("content of band %s: %w", b.ID, err)
		}
		out[b.ID] = c
	}
	return out, nil
}

// newContent hashes what decides who is blocked.
func newContent(owner string, action ingest.Action, mode rules.Mode, says ...any) (content, error) {
	text, err := json.Marshal(append(says, action))
	if err != nil {
		return content{}, err
	}
	sum := sha256.Sum256(text)
	return content{hash: hex.EncodeToString(sum[:16]), owner: owner, blocks: action == ingest.Block && acts(mode)}, nil
}

func acts(m rules.Mode) bool { return m == rules.ModeLive || m == rules.ModeCanary }

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
