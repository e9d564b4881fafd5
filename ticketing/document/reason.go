package document

// reason says what is wrong with a document.
type reason string

// What can be wrong with a document; none is "".
const (
	unknownType        reason = "not a known document type"
	notText            reason = "too long or not text"
	noNationality      reason = "a passport needs a three-letter ISO 3166 nationality"
	notPRCID           reason = "not 17 digits and a check character"
	wrongCheck         reason = "the check character does not match"
	notForeignResident reason = "neither the 2023 nor the 2017 form"
	notHKMacau         reason = "not H or M with 8 or 10 digits, nor HA or MA with 7"
	notTaiwan          reason = "not 8 digits, nor the older form of 10 digits and the issuer's mark"
	notPassport        reason = "not 5 to 9 letters and digits"
	notPRCPassport     reason = "not a form of the PRC passport"
	notBirth           reason = "the date of birth is not a date"
	unborn             reason = "the date of birth lies in the future"
	oddCheck           reason = "the check digit does not seem to match: please compare the number with the card"
)

// zh is the reason in Chinese.
func (r reason) zh() string {
	switch r {
	case unknownType:
		return "不是可用的证件类型"
	case notText:
		return "过长或不是文字"
	case noNationality:
		return "护照须填写三位字母国籍代码（ISO 3166）"
	case notPRCID:
		return "应为17位数字加1位校验码"
	case wrongCheck:
		return "校验码不符"
	case notForeignResident:
		return "不是外国人永久居留身份证2023版或2017版的格式"
	case notHKMacau:
		return "应为H或M加8位或10位数字，或HA、MA加7位数字"
	case notTaiwan:
		return "应为8位数字，或旧版10位数字加签发机关代码"
	case notPassport:
		return "应为5至9位字母或数字"
	case notPRCPassport:
		return "不是中国护照的格式"
	case notBirth:
		return "出生日期不存在"
	case unborn:
		return "出生日期晚于今天"
	case oddCheck:
		return "校验码似有不符，请与证件核对"
	}
	return ""
}
