package rules

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	yaml "go.yaml.in/yaml/v3"
)

// YAML writes the cases as a ruleset has them, under must_fire and
// must_not_fire, to be pasted below "cases:".
func (c Cases) YAML() (string, error) {
	root := &yaml.Node{Kind: yaml.MappingNode}
	for _, list := range []struct {
		name  string
		cases []Case
	}{{"must_fire", c.MustFire}, {"must_not_fire", c.MustNotFire}} {
		if len(list.cases) == 0 {
			continue
		}
		items := &yaml.Node{Kind: yaml.SequenceNode}
		for _, k := range list.cases {
			item := &yaml.Node{Kind: yaml.MappingNode}
			pair(item, "name", scalar(k.Name))
			pair(item, "kind", scalar(string(k.Kind)))
			if len(k.Event) > 0 {
				pair(item, "event", flow(k.Event))
			}
			if len(k.Features) > 0 {
				pair(item, "features", flow(k.Features))
			}
			items.Content = append(items.Content, item)
		}
		pair(root, list.name, items)
	}
	var out strings.Builder
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(root); err != nil {
		return "", fmt.Errorf("write cases: %w", err)
	}
	if err := enc.Close(); err != nil {
		return "", fmt.Errorf("write cases: %w", err)
	}
	return out.String(), nil
}

func pair(to *yaml.Node, key string, value *yaml.Node) {
	to.Content = append(to.Content, scalar(key), value)
}

// scalar is a text, quoted where YAML would read something else.
func scalar(s string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(s)
	return n
}

// flow is a mapping on one line, its keys in order.
func flow[V any](values map[string]V) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		var value *yaml.Node
		switch v := any(values[key]).(type) {
		case string:
			value = scalar(v)
		case bool:
			value = &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: fmt.Sprint(v)}
		case float64:
			value = &yaml.Node{Kind: yaml.ScalarNode, Value: strconv.FormatFloat(v, 'f', -1, 64)}
		default:
			value = scalar(fmt.Sprint(v))
		}
		pair(n, key, value)
	}
	return n
}
