package gateway

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	lru "github.com/hashicorp/golang-lru/v2"
)

// JWTKey is one key that signs tokens. A token is verified only by a key of
// its own algorithm, so that a public key is never taken for a shared secret.
type JWTKey struct {
	ID        string // the token's kid; empty matches tokens without one
	Algorithm string // EdDSA, RS256 or HS256
	Key       any    // ed25519.PublicKey, *rsa.PublicKey or []byte
}

// JWTOptions says which bearer tokens prove an account.
type JWTOptions struct {
	Keys     []JWTKey
	Issuer   string
	Audience string
	Claim    string // with the account; "sub"
	Cache    int    // verified tokens remembered; 50,000
}

// accounts find who a token stands for: by its signature, or by the binding
// learned when it was given out.
type accounts struct {
	jwt      *JWTOptions
	parser   *jwt.Parser
	verified *lru.Cache[string, verifiedToken] // by the keyed hash of the token
	bindings Bindings
	now      func() time.Time
}

type verifiedToken struct {
	claims jwt.MapClaims
	until  time.Time
}

// maxVerified bounds how long a verified token is believed unseen, so that a
// key taken out of the configuration loses its effect.
const maxVerified = 10 * time.Minute

func newAccounts(o Options) (*accounts, error) {
	a := &accounts{bindings: o.Bindings, now: o.Clock}
	if o.JWT == nil {
		return a, nil
	}
	conf := *o.JWT
	orString(&conf.Claim, "sub")
	orPositive(&conf.Cache, 50_000)
	var errs []error
	if len(conf.Keys) == 0 {
		errs = append(errs, errors.New("jwt: no key is given"))
	}
	if conf.Issuer == "" || conf.Audience == "" {
		errs = append(errs, errors.New("jwt: issuer and audience must both be given"))
	}
	var methods []string
	for _, k := range conf.Keys {
		switch k.Algorithm {
		case "EdDSA", "RS256", "HS256":
			methods = append(methods, k.Algorithm)
		default:
			errs = append(errs, fmt.Errorf("jwt: key %q: algorithm %q is not EdDSA, RS256 or HS256", k.ID, k.Algorithm))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	cache, err := lru.New[string, verifiedToken](conf.Cache)
	if err != nil {
		return nil, fmt.Errorf("jwt: cache: %w", err)
	}
	a.jwt, a.verified = &conf, cache
	a.parser = jwt.NewParser(jwt.WithValidMethods(methods), jwt.WithIssuer(conf.Issuer), jwt.WithAudience(conf.Audience),
		jwt.WithExpirationRequired(), jwt.WithTimeFunc(o.Clock), jwt.WithLeeway(30*time.Second))
	return a, nil
}

// find returns the account of a token, or none: an unverifiable token is for
// the upstream to refuse. keys are the hashes under which its binding may be, at
// least one.
func (a *accounts) find(ctx context.Context, token, claim string, keys []string) (string, error) {
	if account := a.fromJWT(token, claim, keys[0]); account != "" {
		return account, nil
	}
	for _, key := range keys {
		account, ok, err := a.bindings.Get(ctx, key)
		if err != nil || ok {
			return account, err
		}
	}
	return "", nil
}

// fromJWT verifies a token once and knows it by hash then, the 128 bits of an
// HMAC under a key that nobody outside has: no second token can be made for it.
func (a *accounts) fromJWT(token, claim, hash string) string {
	if a.jwt == nil || strings.Count(token, ".") != 2 {
		return ""
	}
	if claim == "" {
		claim = a.jwt.Claim
	}
	v, ok := a.verified.Get(hash)
	if !ok || !a.now().Before(v.until) {
		claims := jwt.MapClaims{}
		if _, err := a.parser.ParseWithClaims(token, claims, a.key); err != nil {
			return ""
		}
		until := a.now().Add(maxVerified)
		if exp, err := claims.GetExpirationTime(); err == nil && exp != nil && exp.Before(until) {
			until = exp.Time
		}
		v = verifiedToken{claims, until}
		a.verified.Add(hash, v)
	}
	account, _ := v.claims[claim].(string)
	return tidy(account)
}

// key chooses by kid and algorithm.
func (a *accounts) key(t *jwt.Token) (any, error) {
	kid, _ := t.Header["kid"].(string)
	for _, k := range a.jwt.Keys {
		if k.ID == kid && k.Algorithm == t.Method.Alg() {
			return k.Key, nil
		}
	}
	return nil, errors.New("no key for this token")
}
