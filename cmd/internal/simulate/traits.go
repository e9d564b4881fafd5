package simulate

import "net/netip"

// The pools of static traits. User agents are of the shapes that booking
// systems in China see most: WeChat's browser on Android and iOS, mobile
// Chrome and Safari, desktop Chrome and Edge.
var (
	userAgents = []string{
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.60(0x18003c2f) NetType/WIFI Language/zh_CN",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_6_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.54(0x18003632) NetType/4G Language/zh_CN",
		"Mozilla/5.0 (Linux; Android 14; 23127PN0CC Build/UKQ1.230804.001; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/130.0.6723.103 Mobile Safari/537.36 XWEB/1300333 MMWEBSDK/20250201 MicroMessenger/8.0.58.2841(0x28003A35) WeChat/arm64 Weixin NetType/5G Language/zh_CN ABI/arm64",
		"Mozilla/5.0 (Linux; Android 13; V2227A Build/TP1A.220624.014; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0.6478.188 Mobile Safari/537.36 XWEB/1260213 MMWEBSDK/20241202 MicroMessenger/8.0.56.2800(0x28003859) WeChat/arm64 Weixin NetType/WIFI Language/zh_CN ABI/arm64 Process/tools",
		"Mozilla/5.0 (Linux; Android 12; HarmonyOS; ALN-AL00) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.5735.196 HuaweiBrowser/15.0.4.312 Mobile Safari/537.36",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
		"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Mobile Safari/537.36",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36 Edg/137.0.0.0",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15",
	}
	languages = []string{"zh-CN,zh;q=0.9", "zh-CN,zh-Hans;q=0.9", "zh-CN,zh;q=0.9,en;q=0.8", "zh-TW,zh;q=0.9", "en-US,en;q=0.9"}
	// Sixteen /16 each, of the size and shape of carriers' blocks.
	ranges = []netip.Prefix{
		netip.MustParsePrefix("36.96.0.0/12"), netip.MustParsePrefix("58.32.0.0/12"), netip.MustParsePrefix("101.80.0.0/12"),
		netip.MustParsePrefix("112.64.0.0/12"), netip.MustParsePrefix("117.128.0.0/12"), netip.MustParsePrefix("223.64.0.0/12"),
	}
	regions  = []string{"110105", "310104", "440106", "330106", "320106", "510107", "420106", "610113", "370102", "500103", "340524", "210102"}
	surnames = []string{"王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "郭"}
	given    = []string{"伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛", "明", "超", "秀英", "建国", "思远"}
)
