// Package wechat asks WeChat who a visitor is. It owns the two calls that
// answer it (code2session of mini-programs and access_token of OAuth on the
// web), their error codes and their retries; what account a WeChat user has is
// package ticketing's to decide, behind whose WeChat interface this stands.
//
// Of what WeChat answers only openid and unionid are read: session_key and the
// access tokens, which WeChat asks servers to keep to themselves, are never
// decoded, so that they cannot be stored, logged or passed on. The app's secret
// and the visitor's code travel in the request's address, as WeChat wants it;
// errors of this package therefore never repeat an address.
//
// The formats are those of WeChat's documentation: "小程序登录 code2Session" and
// "网站应用微信登录开发指南".
package wechat
