package enforcement

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
)

// Erasure is an account that is to be named nowhere any more.
type Erasure struct {
	Site    string
	Account string
	// Pseudonym stands for the account where a row has to stay, for instance
	// because it counts against a rule: a keyed hash, the same for the same
	// account, from which nobody finds the account without the key.
	Pseudonym string
	// Last is false the first time: what still acts is taken back, so that every
	// process lets go of it. The last time, when all have and what was under way
	// has arrived, no row is left that names the account.
	Last bool
}

// Validate wraps ErrBadErasure.
func (e Erasure) Validate() error {
	if e.Site == "" || e.Account == "" || e.Pseudonym == "" || len(e.Account) > MaxKey || strings.ContainsRune(e.Account, 0) {
		return ErrBadErasure
	}
	return nil
}

// Quoted are the account and its pseudonym as JSON text, by which a document can
// be searched without meeting what only looks like the account.
func (e Erasure) Quoted() (account, pseudonym string) {
	a, _ := json.Marshal(e.Account) // a string never fails
	p, _ := json.Marshal(e.Pseudonym)
	return string(a), string(p)
}

// leastTelling is how long an account's name must be, in bytes, to mean the
// account where it stands within what somebody wrote: "7" does not.
const leastTelling = 8

// InWords reports whether the account's name means it within free text.
func (e Erasure) InWords() bool { return len(e.Account) >= leastTelling }

// ErrBadErasure is wrapped by what lacks a site, an account or a pseudonym.
var ErrBadErasure = errors.New("an erasure needs a site, an account and its pseudonym")

// Eraser takes accounts out of one store. A repeat changes nothing; an error
// means that it is to be tried again. Implementations are safe for concurrent
// use.
type Eraser interface {
	Erase(ctx context.Context, e Erasure) error
}

// EraserFunc is an Eraser of a store that erases all at once, each time.
type EraserFunc func(ctx context.Context, site, account string) error

// Erase implements Eraser.
func (f EraserFunc) Erase(ctx context.Context, e Erasure) error { return f(ctx, e.Site, e.Account) }
