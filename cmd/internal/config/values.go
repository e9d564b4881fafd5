package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
)

// Secret says where a secret is: "file:PATH", "env:NAME", or, made in memory
// by the development command only, "value:…". It never prints what it holds.
type Secret string

// Reveal reads the secret, without surrounding white space.
func (s Secret) Reveal() (string, error) {
	kind, where, found := strings.Cut(string(s), ":")
	switch {
	case s == "":
		return "", nil
	case found && kind == "file":
		b, err := os.ReadFile(where)
		if err != nil {
			return "", fmt.Errorf("read secret: %w", err)
		}
		return strings.TrimSpace(string(b)), nil
	case found && kind == "env":
		v, ok := os.LookupEnv(where)
		if !ok {
			return "", fmt.Errorf("read secret: environment variable %s is not set", where)
		}
		return v, nil
	case found && kind == "value":
		return where, nil
	default:
		return "", errBareSecret
	}
}

// errBareSecret never repeats what was written.
var errBareSecret = errors.New("a secret is written file:PATH or env:NAME, never itself")

// UnmarshalText takes what a file or the environment says; a secret itself is
// refused there.
func (s *Secret) UnmarshalText(text []byte) error {
	kind, _, found := strings.Cut(string(text), ":")
	if len(text) > 0 && (!found || (kind != "file" && kind != "env")) {
		return errBareSecret
	}
	*s = Secret(text)
	return nil
}

// String hides the secret.
func (Secret) String() string { return "[redacted]" }

// GoString hides it from %#v, too.
func (Secret) GoString() string { return "[redacted]" }

// LogValue hides it from logs.
func (Secret) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// MarshalYAML writes where a secret is, and hides what stands in memory.
func (s Secret) MarshalYAML() (any, error) {
	if strings.HasPrefix(string(s), "value:") {
		return "[redacted]", nil
	}
	return string(s), nil
}

func oneOf(s string, among ...string) bool { return slices.Contains(among, s) }

func hostPort(s string) bool {
	_, port, err := net.SplitHostPort(s)
	return err == nil && port != ""
}

func httpURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

func cidr(s string) bool {
	_, err := netip.ParsePrefix(s)
	return err == nil
}
