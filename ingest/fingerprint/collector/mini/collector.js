// Fairgate's collector for WeChat mini-programs: no DOM, no cookies, no
// WebCrypto. README.md beside this file says how to use it.

const NONCE = '/.fairgate/collector/nonce'
const BEACON = '/.fairgate/collect'
const TOKEN_HEADER = 'X-Device-Token'
const TELEMETRY_HEADER = 'X-Device-Telemetry'
const STORED = 'fairgate.device'
const PAUSE = 2000 // milliseconds after which typing began anew
const GAP = 20000 // between two beacons, at least

// mean collects a mean and a variance by Welford's method.
function mean() {
  const m = { n: 0, mean: 0, m2: 0 }
  m.add = (v) => {
    m.n++
    const d = v - m.mean
    m.mean += d / m.n
    m.m2 += d * (v - m.mean)
  }
  m.deviation = () => (m.n < 2 ? 0 : Math.sqrt(m.m2 / m.n))
  return m
}

const text = (v, most) => (typeof v === 'string' ? v.slice(0, most) : '')
const whole = (v) => (typeof v === 'number' && isFinite(v) ? Math.max(Math.round(v), 0) : 0)
const ask = (f) => {
  try {
    return (f && f()) || {}
  } catch (e) {
    return {}
  }
}

function traits(wx) {
  const device = ask(wx.getDeviceInfo)
  const window = ask(wx.getWindowInfo)
  const app = ask(wx.getAppBaseInfo)
  const old = device.model ? {} : ask(wx.getSystemInfoSync) // base libraries before 2.20.1
  const one = (name) => device[name] || window[name] || app[name] || old[name]
  return {
    platform: text(one('platform'), 128),
    brand: text(one('brand'), 128),
    model: text(one('model'), 128),
    system: text(one('system'), 128),
    client: text((one('version') || '') + '/' + (one('SDKVersion') || ''), 128),
    languages: one('language') ? [text(one('language'), 35)] : [],
    offset: -new Date().getTimezoneOffset(),
    memory: whole(Number(one('memorySize')) / 1024),
    screen: {
      width: whole(one('screenWidth')),
      height: whole(one('screenHeight')),
      avail_width: whole(one('windowWidth')),
      avail_height: whole(one('windowHeight')),
      ratio: typeof one('pixelRatio') === 'number' ? one('pixelRatio') : 0,
    },
  }
}

/**
 * createCollector makes the collector of one mini-program.
 * @param {{wx: object, base: string, now?: () => number}} o wx is the global; base is the gateway's origin ("https://tickets.example.org").
 */
function createCollector(o) {
  const wx = o.wx
  const now = o.now || Date.now
  let kept = ask(() => wx.getStorageSync(STORED))
  let nonce = ''
  let consented = false
  let sentAt = 0
  let presses = 0
  let pressed = 0
  let pastes = 0
  let gaps = mean()

  // headers are to be sent with every request to the gateway: they stand for
  // the cookies that a mini-program does not have.
  function headers() {
    const h = {}
    if (kept.token) h[TOKEN_HEADER] = kept.token
    if (kept.telemetry) h[TELEMETRY_HEADER] = kept.telemetry
    return h
  }

  // keep looks for what the gateway gave in an answer, whose header names may
  // be in any case.
  function keep(header) {
    let changed = false
    for (const name of Object.keys(header || {})) {
      const field = { [TOKEN_HEADER.toLowerCase()]: 'token', [TELEMETRY_HEADER.toLowerCase()]: 'telemetry' }[name.toLowerCase()]
      if (field && header[name]) {
        kept[field] = header[name]
        changed = true
      }
    }
    if (changed) ask(() => wx.setStorageSync(STORED, kept))
  }

  function request(method, path, data) {
    return new Promise((done, failed) =>
      wx.request({
        url: o.base + path,
        method,
        data,
        header: Object.assign({ 'Content-Type': 'application/json' }, headers()),
        success: (answer) => {
          keep(answer.header)
          done(answer)
        },
        fail: failed,
      }),
    )
  }

  async function take() {
    if (nonce) {
      const one = nonce
      nonce = ''
      return one
    }
    for (let attempt = 0; attempt < 2; attempt++) {
      const answer = await request('GET', NONCE)
      if (answer.statusCode === 200) return answer.data.nonce
      if (answer.statusCode !== 409) return '' // 409: the token came with that answer
    }
    return ''
  }

  async function post() {
    const device = traits(wx)
    const automation = device.platform === 'devtools' ? ['simulator'] : []
    const keys = { presses, gap: gaps.mean, gap_spread: gaps.deviation(), pastes }
    presses = pastes = 0
    gaps = mean()
    for (let attempt = 0; attempt < 2; attempt++) {
      const one = await take()
      if (!one) return false
      const answer = await request('POST', BEACON, JSON.stringify({ v: 1, nonce: one, source: 'mini_program', at: now(), traits: device, automation, keys }))
      if (answer.statusCode === 200) {
        nonce = answer.data.nonce || ''
        return true
      }
      if (answer.statusCode !== 409) return false
    }
    return false
  }

  return {
    headers,
    keep,
    /** consent says that the visitor agreed (true) or withdrew (false). */
    consent: (given) => {
      consented = given
    },
    /** beacon posts one, if the visitor agreed and the last is not just past; says whether it was believed. */
    beacon: async () => {
      if (!consented || (sentAt && now() - sentAt < GAP)) return false
      sentAt = now()
      try {
        return await post()
      } catch (e) {
        return false // the network is away
      }
    },
    /** typed is for bindinput of input fields. What was typed is not looked at, only by how much it grew. */
    typed: (grown) => {
      const at = now()
      if (grown > 3) {
        pastes++
        return
      }
      if (presses > 0 && at - pressed <= PAUSE) gaps.add(at - pressed)
      presses++
      pressed = at
    },
  }
}

module.exports = { createCollector }
