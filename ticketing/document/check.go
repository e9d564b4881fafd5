package document

import (
	"time"
)

// check says what is wrong with the normalised number, or nothing.
func check(d Document, now time.Time) reason {
	switch d.Type {
	case PRCID:
		return checkPRCID(d.Number, now)
	case ForeignResident:
		return checkForeignResident(d.Number, now)
	case HKMacauPermit:
		return checkHKMacau(d.Number)
	case TaiwanPermit:
		return checkTaiwan(d.Number)
	case Passport:
		return checkPassport(d)
	}
	return unknownType
}

// checkPRCID follows GB 11643-1999: region, date of birth, sequence and an
// ISO 7064 MOD 11-2 check character.
func checkPRCID(n string, now time.Time) reason {
	if len(n) != 18 || !isDigits(n[:17]) || n[0] < '1' || n[0] > '8' {
		return notPRCID
	}
	if wrong := checkBirth(n[6:14], now); wrong != "" {
		return wrong
	}
	if n[17] != mod11(n[:17]) {
		return wrongCheck
	}
	return ""
}

// checkForeignResident accepts the 2023 card (18 characters, GB 11643 check)
// and the 2017 card (15 characters, whose check has one source only and is
// therefore not enforced).
func checkForeignResident(n string, now time.Time) reason {
	switch {
	case len(n) == 18 && n[0] == '9' && isDigits(n[:17]):
		if wrong := checkBirth(n[6:14], now); wrong != "" {
			return wrong
		}
		if n[17] != mod11(n[:17]) {
			return wrongCheck
		}
		return ""
	case len(n) == 15 && isUpper(n[:3]) && isDigits(n[3:]):
		return ""
	}
	return notForeignResident
}

func checkHKMacau(n string) reason {
	switch {
	case (len(n) == 9 || len(n) == 11) && (n[0] == 'H' || n[0] == 'M') && isDigits(n[1:]):
		return ""
	case len(n) == 9 && (n[:2] == "HA" || n[:2] == "MA") && isDigits(n[2:]):
		return ""
	}
	return notHKMacau
}

func checkTaiwan(n string) reason {
	if len(n) == 8 && isDigits(n) {
		return ""
	}
	if len(n) >= 10 && len(n) <= 12 && isDigits(n[:10]) && isAlphanumeric(n[10:]) {
		return ""
	}
	return notTaiwan
}

func checkPassport(d Document) reason {
	n := d.Number
	if d.Nationality != "CHN" {
		if len(n) >= 5 && len(n) <= 9 && isAlphanumeric(n) {
			return ""
		}
		return notPassport
	}
	if len(n) != 9 || !isDigits(n[2:]) {
		return notPRCPassport
	}
	switch {
	case (n[0] == 'E' || n[0] == 'G') && isDigits(n[1:2]),
		n[0] == 'E' && isUpper(n[1:2]) && n[1] != 'I' && n[1] != 'O',
		n[:2] == "14" || n[:2] == "15",
		(n[0] == 'D' || n[0] == 'S' || n[0] == 'P') && n[1] == 'E':
		return ""
	}
	return notPRCPassport
}

// checkBirth checks an eight-digit date of birth from 1900 to the day that it
// is now in China.
func checkBirth(digits string, now time.Time) reason {
	born, err := time.Parse("20060102", digits)
	if err != nil || born.Year() < 1900 || born.Year() > 2099 {
		return notBirth
	}
	if digits > now.In(issuedIn).Format("20060102") {
		return unborn
	}
	return ""
}

// issuedIn is the time zone in which the cards' dates of birth are meant.
var issuedIn = time.FixedZone("UTC+8", 8*60*60)

// icaoCheck computes the check digit of ICAO Doc 9303 part 3, 4.9: weights 7, 3
// and 1 in turn over digits and over letters counted from A = 10, modulo 10.
func icaoCheck(text string) byte {
	weights, sum := [3]int{7, 3, 1}, 0
	for i := range len(text) {
		value := int(text[i] - '0')
		if text[i] >= 'A' {
			value = int(text[i]-'A') + 10
		}
		sum += value * weights[i%3]
	}
	return '0' + byte(sum%10)
}

// mod11 computes the GB 11643 check character of seventeen digits.
func mod11(digits string) byte {
	weights := [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		sum += int(digits[i]-'0') * w
	}
	return "10X98765432"[sum%11]
}

func isDigits(s string) bool {
	return all(s, func(c byte) bool { return c >= '0' && c <= '9' })
}

func isUpper(s string) bool {
	return all(s, func(c byte) bool { return c >= 'A' && c <= 'Z' })
}

func isAlphanumeric(s string) bool {
	return all(s, func(c byte) bool { return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' })
}

func all(s string, ok func(byte) bool) bool {
	for i := range len(s) {
		if !ok(s[i]) {
			return false
		}
	}
	return true
}
