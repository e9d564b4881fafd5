package ticketing

import (
	"strings"
	"time"
	"unicode/utf8"
)

// Account is a registered visitor. The phone number is kept sealed and looked
// up by its keyed HMAC; an account that was opened through WeChat may have none.
type Account struct {
	ID              string
	PhoneMasked     string    // empty without a phone number
	PhoneVerifiedAt time.Time // when a code sent to the number first proved it; zero before
	CreatedAt       time.Time
	ErasedAt        time.Time // zero while it is somebody's

	PhoneKey    []byte `json:"-"`
	PhoneSealed []byte `json:"-"`
	Password    string `json:"-"` // argon2id in PHC form; empty without a password
}

// Session is one sign-in of an account. It ends when it expires or is revoked.
type Session struct {
	ID        string
	AccountID string
	CreatedAt time.Time
	ExpiresAt time.Time
	RevokedAt time.Time // zero while the session lives
	Channel   string    // that the visitor came through: web or miniprogram
}

// Bounds of what a visitor types.
const (
	minPassword = 8
	maxPassword = 256
	maxName     = 100
)

// normalisePhone brings a number to E.164; eleven digits starting with 1 are
// taken for a mainland mobile number.
func normalisePhone(field, typed string) (string, error) {
	if len(typed) > 32 {
		return "", invalidField(field, "too long for a phone number")
	}
	digits := strings.NewReplacer(" ", "", "-", "", "(", "", ")", "").Replace(strings.TrimSpace(typed))
	international := strings.HasPrefix(digits, "+")
	digits = strings.TrimPrefix(digits, "+")
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return "", invalidField(field, "a phone number has digits only")
		}
	}
	switch {
	case !international && len(digits) == 11 && digits[0] == '1' && digits[1] >= '3':
		return "+86" + digits, nil
	case international && len(digits) >= 7 && len(digits) <= 15:
		return "+" + digits, nil
	}
	return "", invalidField(field, "neither an 11-digit mobile number nor + and 7 to 15 digits")
}

// maskPhone keeps the last four digits and the country's first ones.
func maskPhone(e164 string) string {
	if len(e164) < 8 {
		return strings.Repeat("*", len(e164))
	}
	return e164[:3] + strings.Repeat("*", len(e164)-7) + e164[len(e164)-4:]
}

// maskName keeps the first character and hides the length of longer names.
func maskName(name string) string {
	_, size := utf8.DecodeRuneInString(name)
	return name[:size] + strings.Repeat("*", min(4, max(1, utf8.RuneCountInString(name)-1)))
}

func checkPassword(password string) error {
	if len(password) < minPassword || len(password) > maxPassword {
		return invalidField("password", "want %d to %d bytes", minPassword, maxPassword)
	}
	return nil
}
