// Package notify brings messages to operators: alerts, pages and reports go out
// over webhooks, e-mail, the group robots of WeCom, DingTalk and Feishu, and SMS.
//
// It owns the channels that a house has set up, the words of each kind of
// message in both languages, and the outbox: a message and its deliveries are
// in SQL before anything is sent, so that a crash loses nothing, and each
// delivery's state can be seen. It decides nothing about what is worth telling;
// package alert does. How a kind of channel is spoken to is a Sender's
// (sub-packages hook and mail).
//
// # Once
//
// A delivery belongs to one worker at a time and is never sent again after the
// other side has taken it. What fails before anything was sent, or with a clear
// refusal for now (429, 5xx), is tried again with back-off for Options.GiveUp.
// Between lies a request that was sent and never answered. Webhooks and e-mail
// carry an id by which a receiver drops a repetition, so they are tried again
// under the same id. Robots and SMS have no such thing: their delivery becomes
// StateUnknown, is shown as such, and is not sent a second time by itself.
package notify
