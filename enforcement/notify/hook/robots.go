package hook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"

	"fairgate/enforcement/notify"
)

// The bytes that a robot takes in one text message. WeCom's documentation gives
// 2,048; the others take 20,000 and more and get no more than is read.
const (
	maxWeCom = 2048
	maxText  = 8000
)

// wecom is the group robot of 企业微信
// (developer.work.weixin.qq.com/document/path/91770). Its address is its secret.
type wecom struct{ client *client }

func (r wecom) Send(ctx context.Context, o notify.Outgoing) error {
	return r.client.robot(ctx, o.Target.URL, map[string]any{
		"msgtype": "text", "text": map[string]string{"content": plainText(o, maxWeCom)},
	})
}

// dingtalk is the group robot of 钉钉 (open.dingtalk.com, "自定义机器人安全设置"):
// with a secret, the millisecond and its signature stand in the query.
type dingtalk struct{ client *client }

func (r dingtalk) Send(ctx context.Context, o notify.Outgoing) error {
	target := o.Target.URL
	if secret := o.Target.Key; secret != "" {
		u, err := url.Parse(target)
		if err != nil {
			return fmt.Errorf("%w: the address cannot be read", notify.ErrRefused)
		}
		at := strconv.FormatInt(r.client.now().UnixMilli(), 10)
		q := u.Query()
		q.Set("timestamp", at)
		q.Set("sign", mac([]byte(secret), at+"\n"+secret))
		u.RawQuery = q.Encode()
		target = u.String()
	}
	return r.client.robot(ctx, target, map[string]any{
		"msgtype": "text", "text": map[string]string{"content": plainText(o, maxText)},
	})
}

// feishu is the group robot of 飞书 (open.feishu.cn, "自定义机器人使用指南"): with a
// secret, the second and its signature stand in the body. The second and the
// secret are the key there, over no text at all.
type feishu struct{ client *client }

func (r feishu) Send(ctx context.Context, o notify.Outgoing) error {
	body := map[string]any{"msg_type": "text", "content": map[string]string{"text": plainText(o, maxText)}}
	if secret := o.Target.Key; secret != "" {
		at := strconv.FormatInt(r.client.now().Unix(), 10)
		body["timestamp"], body["sign"] = at, mac([]byte(at+"\n"+secret), "")
	}
	return r.client.robot(ctx, o.Target.URL, body)
}

func mac(key []byte, text string) string {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}

func (c *client) robot(ctx context.Context, target string, message map[string]any) error {
	body, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("%w: encode: %w", notify.ErrRefused, err)
	}
	answer, err := c.post(ctx, target, nil, body)
	if err != nil {
		return err
	}
	return judgeRobot(answer)
}
