package rules

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"fairgate/ingest"
)

func TestAFeatureInChinese(t *testing.T) {
	submit := []ingest.Kind{ingest.KindOrderSubmit}
	for _, tt := range []struct {
		f    Feature
		want string
	}{
		{Feature{Entity: EntityAccount, Events: []ingest.Kind{"stock.read", "detail.read"}, Window: time.Minute, Aggregate: AggCount}, "此账号 1 分钟内查余票、查看场次的次数"},
		{Feature{Entity: EntityDevice, Events: submit, Window: 24 * time.Hour, Aggregate: AggDistinct, Of: FieldAccount}, "此设备 1 天内下单涉及的不同账号数"},
		{Feature{Entity: EntityIP, Window: 90 * time.Second, Aggregate: AggCount, Where: "device_fresh  and\n hour < 6"}, "此地址 90 秒内各类请求(限 device_fresh and hour < 6)的次数"},
		{Feature{Entity: EntityAccount, Events: submit, Window: time.Hour, Aggregate: AggSum, Of: FieldPositions}, "此账号 1 小时内下单的名额合计"},
		{Feature{Entity: EntityAccount, Events: submit, Window: time.Hour, Aggregate: AggSinceLast}, "距此账号 1 小时内上次下单的秒数"},
		{Feature{Aggregate: AggRatio, Of: "a", Over: "b"}, "a ÷ b"},
		{Feature{Entity: EntityPool, Events: submit, Window: time.Hour, Before: DefaultBefore, Aggregate: AggChange}, "此票池 1 小时内下单的次数,与 1 天前同样时长之比"},
	} {
		assert.Equal(t, tt.want, tt.f.Chinese())
	}
}

// TestEveryWordOfADeclarationIsThere: what can be declared has a Chinese word,
// and every aggregate a sentence.
func TestEveryWordOfADeclarationIsThere(t *testing.T) {
	for _, k := range ingest.Kinds() {
		assert.NotEqual(t, string(k), word(string(k)), "the event %s", k)
	}
	for _, a := range []Aggregate{AggCount, AggSum, AggDistinct, AggRegularity, AggSinceFirst, AggSinceLast, AggSinceOther, AggAge, AggRatio, AggShare, AggChange} {
		f := Feature{Entity: EntityAccount, Window: time.Hour, Aggregate: a}
		assert.NotEmpty(t, f.Chinese(), a)
	}
	for _, e := range []Entity{
		EntityAccount, EntityDevice, EntitySession, EntityIP, EntitySubnet, EntityASN, EntityDocument, EntityPhone, EntityPool,
		EntityCluster, EntityFamily, EntityPhoneBlock, EntityPayee, EntityChannel,
	} {
		assert.NotEqual(t, string(e), word(string(e)), "the entity %s", e)
	}
}
