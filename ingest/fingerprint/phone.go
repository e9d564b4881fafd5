package fingerprint

import (
	"strings"

	"fairgate/ingest"
)

// DefaultVirtualNumbers are the prefixes that the mainland's virtual operators
// were given numbers from: 170 and 171 first, 162 (Telecom), 165 (Mobile) and
// 167 (Unicom) since. They have honest customers, too.
func DefaultVirtualNumbers() []string { return []string{"162", "165", "167", "170", "171"} }

// phoneClass tells what a number's range says. virtual are prefixes of
// mainland mobile numbers, without the country code.
func phoneClass(value string, virtual []string) ingest.PhoneClass {
	number := phone(value)
	switch {
	case number == "":
		return ""
	case number[0] == '+':
		return ingest.PhoneForeign
	case len(number) != 11 || number[0] != '1':
		return ""
	}
	for _, prefix := range virtual {
		if strings.HasPrefix(number, prefix) {
			return ingest.PhoneVirtual
		}
	}
	return ingest.PhoneMobile
}

// PhoneBlock is the part of a mainland number that names its block of ten
// thousand, empty for a number that is none.
func PhoneBlock(number string) string {
	digits := phone(number)
	if len(digits) != 11 || digits[0] != '1' {
		return ""
	}
	return digits[:7]
}
