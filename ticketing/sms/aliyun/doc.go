// Package aliyun sends codes through Alibaba Cloud's message service: SendSms,
// and QuerySendDetails for receipts, of its API version 2017-05-25, signed with
// ACS3-HMAC-SHA256 (Alibaba Cloud, "V3 版本请求体&签名机制"). It owns the requests
// and what the service's codes mean; when to send is package sms's to decide.
//
// SendSms is not idempotent. The message's own key goes along as OutId, by
// which its receipt is found. A number and a code travel in the request's
// address, as the service wants it; errors of this package never repeat an
// address, nor the service's own text.
package aliyun
