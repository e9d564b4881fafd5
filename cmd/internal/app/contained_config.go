package app

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"fairgate/cmd/internal/config"
	"fairgate/rules"
	"fairgate/rules/source"
)

// leastPasswordMemory is the least that argon2id can do with (RFC 9106), in KiB.
const leastPasswordMemory = 8

// seedOf derives what is random in life, for one use of it.
func seedOf(seed uint64, use string) [32]byte {
	return sha256.Sum256(binary.BigEndian.AppendUint64([]byte("fairgate simulation\x00"+use+"\x00"), seed))
}

// secretValue is a secret made in memory.
func secretValue(text string) config.Secret { return config.Secret("value:" + text) }

// ContainedConfig is the configuration of a trial on one machine, as the
// development command has it, with keys that are the same for a seed. Such
// keys protect nothing.
func ContainedConfig(seed uint64) config.Config {
	c := config.Default()
	secret := func(use string) config.Secret {
		bytes := seedOf(seed, use)
		return secretValue(hex.EncodeToString(bytes[:]))
	}
	webhook, session := seedOf(seed, "webhook"), seedOf(seed, "session")
	public, _ := ed25519.NewKeyFromSeed(session[:]).Public().(ed25519.PublicKey)
	c.Keys = config.Keys{
		Gateway: secret("gateway"), Device: secret("device"), Identity: secret("identity"), Challenge: secret("challenge"), Receipt: secret("receipt"),
		Enforcement: secret("enforcement"), Operations: secret("operations"), TicketingData: secret("ticketing-data"),
		TicketingLookup: secret("ticketing-lookup"), Session: secret("session"), SessionPublic: secretValue(hex.EncodeToString(public)),
		Webhook: secretValue("whsec_" + base64.StdEncoding.EncodeToString(webhook[:])),
	}
	trial(&c)
	c.Ticketing.PasswordMemoryKiB = leastPasswordMemory
	// Nothing waits for anything, so whatever takes long is the machine's doing
	// and must not change a verdict.
	c.Gateway.Deadline = 5 * time.Second
	return c
}

// ContainedProgram is a ruleset of a folder, or of the program's own, without
// the rules that have one of the tags. A tag that no rule has is an error.
func ContainedProgram(ctx context.Context, c config.Config, without ...string) (*rules.Program, error) {
	documents, err := shippedRules(Env{Config: c}).Load(ctx)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(documents, func(d source.Document) bool { return d.Name == c.Rules.Ruleset })
	if at < 0 {
		return nil, fmt.Errorf("rules.ruleset: there is no %q", c.Rules.Ruleset)
	}
	p, err := rules.Load(documents[at].Origin, documents[at].Data, rules.Options{})
	if err != nil || len(without) == 0 {
		return p, err
	}
	set := *p.Ruleset()
	for _, tag := range without {
		if !slices.ContainsFunc(set.Rules, func(r rules.Rule) bool { return slices.Contains(r.Tags, tag) }) {
			return nil, fmt.Errorf("without: no rule of %s has the tag %q", c.Rules.Ruleset, tag)
		}
	}
	set.Rules = slices.DeleteFunc(slices.Clone(set.Rules), func(r rules.Rule) bool {
		return slices.ContainsFunc(r.Tags, func(tag string) bool { return slices.Contains(without, tag) })
	})
	return rules.Compile(&set, rules.Options{})
}
