package simulate

import (
	"fmt"
	"strings"
	"time"
)

// Person is one visitor with the document that is booked for.
type Person struct {
	Name        string
	Type        string // as the booking system names kinds of document
	Number      string
	Nationality string // of passports, ISO 3166-1 alpha-3
}

// Person draws a visitor: nearly always with a resident id, now and then with
// what people from elsewhere carry.
func (w *World) Person() Person { return w.person(GuiseLocal) }

// person draws a visitor of one guise.
func (w *World) person(g Guise) Person {
	kind := weighted(w.rng, 0.955, 0.015, 0.01, 0.02)
	if g == GuiseForeign {
		kind = weighted(w.rng, 0.04, 0.06, 0.02, 0.80, 0.08)
	}
	switch kind {
	case 1:
		return Person{Name: w.name(), Type: "hk_macau_permit", Number: w.unused(func(n uint64) string { return fmt.Sprintf("%c%08d", "HM"[n%2], n/2%100_000_000) })}
	case 2:
		return Person{Name: w.name(), Type: "taiwan_permit", Number: w.unused(func(n uint64) string { return fmt.Sprintf("%08d", n%100_000_000) })}
	case 3:
		from := visitorsFrom[w.rng.IntN(len(visitorsFrom))]
		return Person{
			Name: w.latinName(), Type: "passport", Nationality: from.nationality,
			Number: w.unused(func(n uint64) string { return fmt.Sprintf("%c%07d", 'A'+byte(n%24), n/24%10_000_000) }),
		}
	case 4:
		return Person{Name: w.latinName(), Type: "foreign_resident", Number: w.residentNumber("9" + regions[w.rng.IntN(len(regions))][1:])}
	}
	return Person{Name: w.name(), Type: "prc_id", Number: w.residentNumber(regions[w.rng.IntN(len(regions))])}
}

// Party draws n visitors of one guise.
func (w *World) party(g Guise, n int) []Person {
	out := make([]Person, n)
	for i := range out {
		out[i] = w.person(g)
	}
	return out
}

// residentNumber draws a well-formed number (GB 11643-1999).
func (w *World) residentNumber(region string) string {
	birth := time.Date(1940+w.rng.IntN(80), time.Month(1+w.rng.IntN(12)), 1+w.rng.IntN(28), 0, 0, 0, 0, time.UTC)
	body := w.unused(func(n uint64) string {
		// A birthday of a region has a thousand numbers; then comes the next day.
		born := birth.AddDate(0, 0, -int(n/1000%5000))
		return fmt.Sprintf("%s%s%03d", region, born.Format("20060102"), n%1000)
	})
	return body + checkDigit(body)
}

// unused draws a number until one comes that nobody else in this world has.
func (w *World) unused(write func(n uint64) string) string {
	for n := w.rng.Uint64N(1000) + w.rng.Uint64N(1<<40)*1000*5000 + w.run*389; ; n++ {
		if s := write(n); !w.used[s] {
			w.used[s] = true
			return s
		}
	}
}

func (w *World) name() string {
	family, first := surnames[weighted(w.rng, surnameShares[:]...)], firstNames[w.rng.IntN(len(firstNames))]
	if len([]rune(first)) == 1 && w.rng.Float64() < 0.6 {
		first += firstNames[w.rng.IntN(12)]
	}
	return family + first
}

func (w *World) latinName() string {
	return latinFirst[w.rng.IntN(len(latinFirst))] + " " + strings.ToUpper(latinLast[w.rng.IntN(len(latinLast))])
}

func checkDigit(body string) string {
	weights := [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		sum += int(body[i]-'0') * w
	}
	return string("10X98765432"[sum%11])
}

// Regions of resident ids, and names.
var (
	regions       = [...]string{"110105", "310104", "440106", "330106", "320106", "510107", "420106", "610113", "370102", "500103", "340524", "210102"}
	surnames      = [...]string{"王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "郭", "何", "高", "林", "罗", "欧阳"}
	surnameShares = [...]float64{0.11, 0.11, 0.1, 0.08, 0.07, 0.05, 0.05, 0.04, 0.04, 0.04, 0.03, 0.03, 0.03, 0.03, 0.03, 0.03, 0.03, 0.03, 0.03, 0.02}
	firstNames    = [...]string{"伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛", "明", "超", "秀英", "建国", "思远", "子涵", "欣怡"}
	latinFirst    = [...]string{"Emma", "Liam", "Sofia", "Yuki", "Minjun", "Lukas", "Chloe", "James", "Hana", "Oliver"}
	latinLast     = [...]string{"Smith", "Mueller", "Tanaka", "Kim", "Martin", "Brown", "Weber", "Sato", "Park", "Dubois"}
)
