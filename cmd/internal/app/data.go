package app

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"fairgate/cmd/internal/config"
	"fairgate/console/store"
)

// ErrDataInUse means that another process works in the data directory.
var ErrDataInUse = errors.New("the data directory is in use by another process")

// Data is the directory of the development command: engines' files, the spool
// and the secrets made for it. One process holds it at a time.
type Data struct {
	dir  string
	lock *flock.Flock
}

// lockFile is held by the process that works in the directory.
const lockFile = "lock"

// OpenData makes the directory where it is missing and locks it.
func OpenData(dir string) (*Data, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("data directory %q: %w", dir, err)
	}
	for _, sub := range []string{"", "secrets", "sql", "kafka", "clickhouse", "spool"} {
		if err := os.MkdirAll(filepath.Join(abs, sub), 0o700); err != nil {
			return nil, fmt.Errorf("data directory: %w", err)
		}
	}
	lock := flock.New(filepath.Join(abs, lockFile))
	held, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock the data directory: %w", err)
	}
	if !held {
		return nil, fmt.Errorf("%w: %s", ErrDataInUse, abs)
	}
	return &Data{dir: abs, lock: lock}, nil
}

// Close gives the directory up.
func (d *Data) Close() error {
	if err := d.lock.Unlock(); err != nil {
		return fmt.Errorf("unlock the data directory: %w", err)
	}
	return nil
}

// Path joins names to the directory.
func (d *Data) Path(names ...string) string {
	return filepath.Join(append([]string{d.dir}, names...)...)
}

// SecretPath is where a secret of a data directory lies; commands beside the
// service (the simulator) read the operators' key there.
func SecretPath(dir, name string) string { return filepath.Join(dir, "secrets", name) }

// OperatorKey names the API key that the development command gives to programs
// on the same machine, as an administrator; AnalystKey and SecurityKey those for
// what administrators may not; and OperationsKey the booking system's.
const (
	OperatorKey   = "operator"
	AnalystKey    = "operator-analyst"
	SecurityKey   = "operator-security"
	OperationsKey = "operations"
)

// secret makes a secret the first time and says where it is.
func (d *Data) secret(name string, fresh func() string) (config.Secret, error) {
	path := SecretPath(d.dir, name)
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = os.WriteFile(path, []byte(fresh()+"\n"), 0o600)
	}
	if err != nil {
		return "", fmt.Errorf("secret %s: %w", name, err)
	}
	return config.Secret("file:" + path), nil
}

func randomHex() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

func randomWebhook() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return "whsec_" + base64.StdEncoding.EncodeToString(b)
}

// Keys makes all secrets that the roles share, once, and keeps them.
func (d *Data) Keys() (config.Keys, error) {
	var k config.Keys
	var errs []error
	for name, to := range map[string]*config.Secret{
		"gateway": &k.Gateway, "device": &k.Device, "identity": &k.Identity, "challenge": &k.Challenge, "console": &k.Console, "receipt": &k.Receipt,
		"enforcement": &k.Enforcement, OperationsKey: &k.Operations, "ticketing-data": &k.TicketingData,
		"ticketing-lookup": &k.TicketingLookup, "session": &k.Session, "privacy": &k.Privacy,
	} {
		s, err := d.secret(name, randomHex)
		*to = s
		errs = append(errs, err)
	}
	webhook, err := d.secret("webhook", randomWebhook)
	errs = append(errs, err)
	k.Webhook = webhook
	for name := range programKeys() {
		_, err := d.secret(name, randomHex)
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return k, err
	}
	private, err := seed("keys.session", k.Session)
	if err != nil {
		return k, err
	}
	public, _ := private.Public().(ed25519.PublicKey)
	k.SessionPublic, err = d.secret("session-public", func() string { return hex.EncodeToString(public) })
	return k, err
}

// Configure turns the defaults into those of one machine with embedded
// engines, whose addresses the caller fills in.
func (d *Data) Configure() (config.Config, error) {
	c := config.Default()
	keys, err := d.Keys()
	if err != nil {
		return c, err
	}
	c.Keys = keys
	c.Log = config.Log{Level: "warn", Format: "text"}
	c.Gateway.Spool.Dir = d.Path("spool")
	c.Gateway.Spool.MaxBytes = 1 << 30
	// The embedded Redis is one goroutine beside everything else on the machine.
	c.Gateway.Deadline = time.Second
	trial(&c)
	c.Kafka.Partitions, c.Kafka.RetentionBytes = 6, 256<<20
	c.Console.FirstPassword = config.Secret("value:" + store.OneTimePassword())
	c.SQL.DSN = config.Secret("value:sqlite:" + d.Path("sql", "fairgate.db"))
	c.Ticketing.DSN = config.Secret("value:sqlite:" + d.Path("sql", "ticketing.db"))
	return c, nil
}

// trial turns what is meant for a site into what is good for a trial on one
// machine.
func trial(c *config.Config) {
	c.Gateway.TrustedProxies = []string{"127.0.0.0/8", "::1/128"}
	c.Gateway.SecureCookies = false
	c.Notify.PrivateNetworks = []string{"127.0.0.0/8", "::1/128"}
	c.Gateway.ChallengeMax = 20_000
	c.Gateway.StepUp = true
	c.Ticketing.SMS = "sandbox"
	// Cheap on purpose: nobody's real password belongs into a trial.
	c.Ticketing.PasswordMemoryKiB, c.Ticketing.PasswordTime = 1<<10, 1
}

// ReadSecret reads a secret of a data directory, for a program beside the
// service.
func ReadSecret(dir, name string) (string, error) {
	b, err := os.ReadFile(SecretPath(dir, name))
	if err != nil {
		return "", fmt.Errorf("read the key that `fairgate dev --data %s` made: %w", dir, err)
	}
	return strings.TrimSpace(string(b)), nil
}
