import{r as e}from"./rolldown-runtime-XKyaHtl9.js";import{Ea as t,G as n,O as r,Ui as i,fa as a,ha as o,ht as s,ma as c}from"./visitor-text-DK8zIHAK.js";import{d as l,t as u}from"./ui-BlN9riCw.js";import{l as d,p as f}from"./tags-BsSygJna.js";import{i as p,o as m}from"./data-DBEcbfv_.js";var h={rate:{when:`account_submits_24h > 20`,declaration:`id: new_rate_rule
description: More booking requests in a day than people make.
events: [order.submit]
on: account
action: challenge
score: 40
mode: shadow
reason: pace
owner: risk
scenarios: [S1]
messages:
  zh: 该账号一天内提交预约 {account_submits_24h} 次
  en: "{account_submits_24h} booking requests by the account in a day"
cases:
  must_fire:
    - {name: just above, kind: order.submit, event: {account: a1}, features: {account_submits_24h: 21}}
  must_not_fire:
    - {name: just below, kind: order.submit, event: {account: a1}, features: {account_submits_24h: 20}}
`},shared:{when:`device_accounts_24h > 6`,declaration:`id: new_shared_device_rule
description: More accounts on one device than a family has.
events: [order.submit]
on: device
action: challenge
score: 40
mode: shadow
reason: review
owner: risk
scenarios: [S3]
messages:
  zh: 该设备一天内出现 {device_accounts_24h} 个账号
  en: "{device_accounts_24h} accounts on the device in a day"
cases:
  must_fire:
    - {name: just above, kind: order.submit, event: {device: d1}, features: {device_accounts_24h: 7}}
  must_not_fire:
    - {name: just below, kind: order.submit, event: {device: d1}, features: {device_accounts_24h: 6}}
`},rhythm:{when:`account_reads_10m >= 20
and known(account_read_rhythm) and account_read_rhythm < 0.1`,declaration:`id: new_rhythm_rule
description: Reads that keep time like a clock.
events: [detail.read, stock.read]
on: account
action: challenge
score: 40
mode: shadow
reason: pace
owner: risk
scenarios: [S1]
messages:
  zh: 该账号十分钟内查询 {account_reads_10m} 次,间隔几乎相等({account_read_rhythm})
  en: "{account_reads_10m} reads in ten minutes at nearly equal intervals ({account_read_rhythm})"
cases:
  must_fire:
    - {name: a timer, kind: stock.read, event: {account: a1}, features: {account_reads_10m: 20, account_read_rhythm: 0.05}}
  must_not_fire:
    - {name: a person, kind: stock.read, event: {account: a1}, features: {account_reads_10m: 20, account_read_rhythm: 0.6}}
`},empty:{when:``,declaration:`id: new_rule
description: ""
events: [order.submit]
on: account
action: flag
score: 20
mode: shadow
reason: review
owner: risk
scenarios: []
messages:
  zh: ""
  en: ""
`}},g=[`rate`,`shared`,`rhythm`,`empty`],_=e(t(),1),v=i(),y=e=>`action`in e?`action_${e.action}`:`mode_${e.mode}`;function b({rule:e}){let t=r(`strategy`),{message:i}=l.useApp(),{role:h}=a(),g=m().data,b=p(),[x,S]=(0,_.useState)(),C=f(e);return!d.weaken(h)||C.length===0||!g?null:(0,v.jsxs)(v.Fragment,{children:[(0,v.jsx)(n,{trigger:[`click`],menu:{items:C.map(e=>({key:y(e),label:t(`weaken_${y(e)}`)})),onClick:({key:e})=>S(C.find(t=>y(t)===e))},children:(0,v.jsx)(s,{size:`small`,"aria-label":t(`weaken_title`,{rule:e.id}),children:t(`weaken`)})}),(0,v.jsxs)(u,{open:x!==void 0,title:t(`weaken_title`,{rule:e.id}),confirm:t(`weaken_now`),onConfirm:async n=>{let r=await o(c.PATCH(`/api/v1/rulesets/{name}/rules/{rule}`,{params:{path:{name:g,rule:e.id}},body:{...x,reason:n}}));await b(),i.success(t(r.state===`published`?`weaken_done`:`proposed_done`,{n:r.number}))},onClose:()=>S(void 0),children:[(0,v.jsx)(`p`,{children:(0,v.jsx)(`strong`,{children:x?t(`weaken_${y(x)}`):``})}),(0,v.jsx)(`p`,{className:`modal-note`,children:t(`weaken_note`)})]})]})}export{g as n,h as r,b as t};