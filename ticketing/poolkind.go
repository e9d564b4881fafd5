package ticketing

// PoolKind names what a pool admits to.
type PoolKind string

// The kinds of pool. Visitors sign up for those of the last three kinds: they
// have an Activity part, and days that may open at a moment of their own.
const (
	PoolPermanent PoolKind = "permanent" // the permanent exhibition; what a pool is unless it says otherwise
	PoolSpecial   PoolKind = "special"   // a special exhibition
	PoolActivity  PoolKind = "activity"
	PoolLecture   PoolKind = "lecture"
	PoolGuardian  PoolKind = "guardian" // volunteers' shifts of the guardian programme
)

// Valid reports whether k is one of the known kinds.
func (k PoolKind) Valid() bool {
	switch k {
	case PoolPermanent, PoolSpecial, PoolActivity, PoolLecture, PoolGuardian:
		return true
	}
	return false
}

// SignUp reports whether visitors sign up for pools of the kind.
func (k PoolKind) SignUp() bool {
	switch k {
	case PoolActivity, PoolLecture, PoolGuardian:
		return true
	case PoolPermanent, PoolSpecial:
	}
	return false
}

// signInEarly is when signing in begins for what visitors sign up for, in
// seconds after the slot's start, unless the pool's rules for check-in say
// anything else: half an hour before. It ends with the slot.
const signInEarly = -30 * 60

// validateKind checks a change's kind, English name and activity by
// themselves; kindAfter holds them against the pool that is there.
func (c PoolChange) validateKind() error {
	if c.Kind != nil && !c.Kind.Valid() {
		return invalidField("kind", "want permanent, special, activity, lecture or guardian, got %q", shorten(string(*c.Kind)))
	}
	if c.NameEN != nil && len(*c.NameEN) > maxPoolName {
		return invalidField("name_en", "want at most %d bytes, got %d", maxPoolName, len(*c.NameEN))
	}
	if c.Activity != nil {
		return c.Activity.validate()
	}
	return nil
}

// kindAfter refuses a change that does not suit the kind the pool will have:
// an activity or a day's opening where nobody signs up, and to make a pool that
// people have signed up for one that asks them nothing.
func (c PoolChange) kindAfter(old Pool) error {
	next := c.onto(old)
	if old.Kind.SignUp() && !next.Kind.SignUp() {
		return invalidField("kind", "a pool of the kind %s cannot become %s: make another pool", old.Kind, next.Kind)
	}
	if next.Kind.SignUp() {
		return nil
	}
	if c.Activity != nil {
		return invalidField("activity", "is for pools of the kinds activity, lecture and guardian, not %s", next.Kind)
	}
	return nil
}
