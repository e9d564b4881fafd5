package fingerprint

import "strings"

// automationTokens are what tools and crawlers call themselves, in lower case.
// okhttp and Dart are missing on purpose: they are also how an ordinary app
// names itself. So is every token of a web view, such as WeChat's
// "Process/tools", which a popular list takes for a bot.
var automationTokens = [...]string{
	"curl/", "wget/", "httpie/", "python-requests", "python-urllib", "python-httpx", "aiohttp/", "pycurl",
	"go-http-client", "fasthttp", "apache-httpclient", "java/", "jakarta commons-httpclient", "libwww-perl",
	"lwp::", "mechanize", "guzzlehttp", "faraday", "rest-client", "axios/", "node-fetch", "undici", "got (",
	"scrapy", "colly", "postmanruntime", "insomnia/", "jmeter", "k6/", "locust", "apachebench", "vegeta", "wrk/",
	"headlesschrome", "phantomjs", "slimerjs", "selenium", "webdriver", "puppeteer", "playwright", "electron-fetch",
	"googlebot", "bingbot", "baiduspider", "sogou web spider", "360spider", "yisouspider", "bytespider",
	"petalbot", "yandexbot", "duckduckbot", "applebot", "semrushbot", "ahrefsbot", "mj12bot", "dotbot",
	"gptbot", "claudebot", "ccbot", "facebookexternalhit", "crawler", "spider/", "bot/", "+http://", "+https://",
}

// Automation reports whether a user agent names itself a tool or a crawler. It
// says nothing about one that does not, nor about an absent one. extra are
// further tokens in lower case.
func Automation(agent string, extra []string) bool {
	agent = strings.ToLower(agent)
	// A telephone maker's models, not robots.
	agent = strings.ReplaceAll(agent, "cubot", "")
	for _, token := range automationTokens {
		if strings.Contains(agent, token) {
			return true
		}
	}
	for _, token := range extra {
		if token != "" && strings.Contains(agent, token) {
			return true
		}
	}
	return false
}
