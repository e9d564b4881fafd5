package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"sync"
	"time"

	"github.com/alexedwards/argon2id"

	"fairgate/console"
	"fairgate/ingest/seal"
	"fairgate/ingest/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Options of a Store. The zero value is usable.
type Options struct {
	// Session is how long a sign-in lasts at most. Default 12 h.
	Session time.Duration
	// Idle is how long a session lasts that nobody uses. Default 1 h.
	Idle time.Duration
	// Tries is how often a name may be tried in vain within TriesWindow, and
	// AddressTries an address (IPv6: a /64), across the fleet. Default 10 and
	// 100 in 5 minutes.
	Tries, AddressTries int
	TriesWindow         time.Duration
	// SensitivePerHour is how often an operator may do each dangerous operation.
	// Default 60.
	SensitivePerHour int
	// Box seals second factors. Without one nobody can have any.
	Box *seal.Box
	// Issuer is what authenticator apps call the house. Default Fairgate.
	Issuer string
	// RequireTOTP are the roles that can do nothing without a second factor.
	RequireTOTP []console.Role
	// Now is the clock. Default time.Now.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	if o.Session <= 0 {
		o.Session = 12 * time.Hour
	}
	if o.Idle <= 0 {
		o.Idle = time.Hour
	}
	if o.Tries <= 0 {
		o.Tries = 10
	}
	if o.AddressTries <= 0 {
		o.AddressTries = 100
	}
	if o.TriesWindow <= 0 {
		o.TriesWindow = 5 * time.Minute
	}
	if o.SensitivePerHour <= 0 {
		o.SensitivePerHour = 60
	}
	if o.Issuer == "" {
		o.Issuer = "Fairgate"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// hashers is how many passwords are hashed at a time: each takes 64 MiB.
const hashers = 4

// Store is safe for concurrent use.
type Store struct {
	db *sqldb.DB
	o  Options

	audit   sync.Mutex    // serialises Append
	hashing chan struct{} // one place a hasher

	decoy string // a hash to compare with when there is no such user
}

// Open migrates the tables and returns the store.
func Open(ctx context.Context, db *sqldb.DB, o Options) (*Store, error) {
	if err := db.Migrate(ctx, migrations, "console_goose_version"); err != nil {
		return nil, err
	}
	decoy, err := argon2id.CreateHash(secret(), argon2id.DefaultParams)
	if err != nil {
		return nil, fmt.Errorf("hash: %w", err)
	}
	return &Store{db: db, o: o.withDefaults(), hashing: make(chan struct{}, hashers), decoy: decoy}, nil
}

// secret makes 32 random bytes, base64url.
func secret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
