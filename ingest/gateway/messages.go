package gateway

import (
	"strconv"
	"strings"

	"golang.org/x/text/language"
)

// messageID names a text for visitors.
type messageID int

const (
	messageRefusal messageID = iota
	messageChallenge
	messageUnavailable
	messageClosed
)

// texts are what visitors read, Chinese first. They are the same whatever the
// reason, and name no rule. {r} is the receipt, {h} the hours to an answer.
var texts = [...]struct {
	tag  language.Tag
	text map[messageID]string
}{
	{language.SimplifiedChinese, chinese},
	{language.English, english},
	// Readers of traditional characters prefer these to English.
	{language.TraditionalChinese, chinese},
}

var (
	chinese = map[messageID]string{
		messageRefusal:     "暂时无法完成本次预约。如有疑问,请凭回执 {r} 申诉,我们将在 {h} 小时内答复。",
		messageChallenge:   "请完成验证后继续。如有不便,可改用短信验证。",
		messageUnavailable: "服务繁忙,请稍后再试。",
		messageClosed:      "暂时无法预约，请稍后再试。",
	}
	english = map[messageID]string{
		messageRefusal:     "We couldn't complete this booking. If this seems wrong, appeal with receipt {r}; we answer within {h} hours.",
		messageChallenge:   "Please complete a check to continue, or use a text message instead.",
		messageUnavailable: "The service is busy. Please try again shortly.",
		messageClosed:      "Bookings are not possible right now. Please try again in a moment.",
	}
)

// catalogue chooses among texts. It is safe for concurrent use.
type catalogue struct {
	matcher language.Matcher
	hours   string
}

func newCatalogue(hours int) *catalogue {
	tags := make([]language.Tag, len(texts))
	for i, t := range texts {
		tags[i] = t.tag
	}
	return &catalogue{matcher: language.NewMatcher(tags), hours: strconv.Itoa(hours)}
}

// maxAccept bounds how much of an Accept-Language header is read, in bytes.
const maxAccept = 256

// say returns the text in the visitor's language, and that language's tag.
// Where nothing fits it is Chinese.
func (c *catalogue) say(id messageID, accept, receipt string) (message, tag string) {
	_, i := language.MatchStrings(c.matcher, accept[:min(len(accept), maxAccept)])
	chosen := texts[i]
	base, _ := chosen.tag.Base()
	return strings.NewReplacer("{r}", receipt, "{h}", c.hours).Replace(chosen.text[id]), base.String()
}
