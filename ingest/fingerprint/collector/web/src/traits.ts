// What stays the same from visit to visit. Pictures, sounds and fonts leave the
// page as hashes. What a browser keeps to itself is left out.

import { hash } from './hash'

export interface Traits {
  agent: string
  platform: string
  languages: string[]
  zone: string
  offset: number
  screen: { width: number; height: number; avail_width: number; avail_height: number; depth: number; ratio: number; touch: number }
  cores: number
  memory: number
  plugins: number
  canvas: string
  webgl: string
  renderer: string
  audio: string
  fonts: string
}

/** Whatever fails says nothing. */
function quietly<T>(get: () => T, otherwise: T): T {
  try {
    return get() ?? otherwise
  } catch {
    return otherwise
  }
}

const whole = (n: unknown) => (typeof n === 'number' && Number.isFinite(n) ? Math.max(Math.round(n), 0) : 0)
const real = (n: unknown) => (typeof n === 'number' && Number.isFinite(n) ? Math.max(n, 0) : 0)
const text = (s: unknown, most: number) => (typeof s === 'string' ? s.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ').slice(0, most) : '')

function canvas(): string {
  const c = document.createElement('canvas')
  c.width = 220
  c.height = 48
  const g = c.getContext('2d')
  if (!g) return ''
  g.textBaseline = 'top'
  g.font = '16px Arial, sans-serif'
  g.fillStyle = '#f60'
  g.fillRect(100, 2, 60, 22)
  g.fillStyle = '#069'
  g.fillText('Fairgate 参观预约 \u{1F3DB}', 2, 8)
  g.fillStyle = 'rgba(102, 204, 0, 0.7)'
  g.fillText('Fairgate 参观预约 \u{1F3DB}', 4, 12)
  g.globalCompositeOperation = 'multiply'
  for (const [color, x] of [['#f0f', 40], ['#0ff', 60], ['#ff0', 50]] as const) {
    g.fillStyle = color
    g.beginPath()
    g.arc(x, 28, 14, 0, Math.PI * 2)
    g.fill()
  }
  return hash(c.toDataURL())
}

function webgl(): { webgl: string; renderer: string } {
  const c = document.createElement('canvas')
  const g = c.getContext('webgl') as WebGLRenderingContext | null
  if (!g) return { webgl: '', renderer: '' }
  const named = g.getExtension('WEBGL_debug_renderer_info')
  const renderer = text(g.getParameter(named ? named.UNMASKED_RENDERER_WEBGL : g.RENDERER), 128)
  const asked = [g.VERSION, g.SHADING_LANGUAGE_VERSION, g.VENDOR, g.MAX_TEXTURE_SIZE, g.MAX_RENDERBUFFER_SIZE, g.MAX_VERTEX_ATTRIBS,
    g.MAX_VERTEX_UNIFORM_VECTORS, g.MAX_FRAGMENT_UNIFORM_VECTORS, g.MAX_VARYING_VECTORS, g.MAX_VIEWPORT_DIMS, g.ALIASED_LINE_WIDTH_RANGE,
    g.ALIASED_POINT_SIZE_RANGE, g.MAX_CUBE_MAP_TEXTURE_SIZE, g.MAX_COMBINED_TEXTURE_IMAGE_UNITS].map((p) => String(g.getParameter(p)))
  const found = hash([...asked, ...(g.getSupportedExtensions() ?? [])].join('|'))
  g.getExtension('WEBGL_lose_context')?.loseContext()
  return { webgl: found, renderer }
}

const audioPatience = 1000

async function audio(): Promise<string> {
  const Offline = window.OfflineAudioContext
  if (!Offline) return ''
  const context = new Offline(1, 5000, 44100)
  const tone = context.createOscillator()
  tone.type = 'triangle'
  tone.frequency.value = 10000
  const squeeze = context.createDynamicsCompressor()
  squeeze.threshold.value = -50
  squeeze.knee.value = 40
  squeeze.ratio.value = 12
  squeeze.attack.value = 0
  squeeze.release.value = 0.25
  tone.connect(squeeze)
  squeeze.connect(context.destination)
  tone.start(0)
  const buffer = await Promise.race([context.startRendering(), new Promise<undefined>((done) => setTimeout(done, audioPatience))])
  if (!buffer) return ''
  let sum = 0
  for (const v of buffer.getChannelData(0).subarray(4500)) sum += Math.abs(v)
  return hash(String(sum))
}

const families = ('Arial Black|Arial Narrow|Calibri|Cambria|Candara|Comic Sans MS|Consolas|Constantia|Courier New|Franklin Gothic Medium|Garamond|Geneva|' +
  'Georgia|Gill Sans|Helvetica Neue|Impact|Lucida Console|Lucida Grande|Menlo|Microsoft YaHei|Monaco|MS Gothic|Noto Sans CJK SC|Optima|Palatino|' +
  'PingFang SC|Roboto|Segoe UI|SimHei|SimSun|STHeiti|Songti SC|Source Han Sans SC|Tahoma|Times New Roman|Trebuchet MS|Ubuntu|Verdana|' +
  'WenQuanYi Micro Hei|HarmonyOS Sans SC|MiSans').split('|')

function fonts(): string {
  const g = document.createElement('canvas').getContext('2d')
  if (!g) return ''
  const width = (font: string) => {
    g.font = `48px ${font}`
    return g.measureText('mmwwliI1预约馆').width
  }
  const plain = ['monospace', 'serif'].map(width)
  return hash(families.map((f) => (['monospace', 'serif'].some((base, i) => width(`"${f}", ${base}`) !== plain[i]) ? '1' : '0')).join(''))
}

export async function traits(): Promise<Traits> {
  const nav = navigator as Navigator & { deviceMemory?: number }
  const s = screen
  const gl = quietly(webgl, { webgl: '', renderer: '' })
  return {
    agent: text(nav.userAgent, 512),
    platform: text(nav.platform, 128),
    languages: quietly(() => [...nav.languages], []).slice(0, 16).map((l) => text(l, 35)),
    zone: text(quietly(() => Intl.DateTimeFormat().resolvedOptions().timeZone, ''), 64),
    offset: -new Date().getTimezoneOffset(),
    screen: {
      width: whole(s.width), height: whole(s.height), avail_width: whole(s.availWidth), avail_height: whole(s.availHeight),
      depth: whole(s.colorDepth), ratio: real(devicePixelRatio), touch: Math.min(whole(nav.maxTouchPoints), 256),
    },
    cores: Math.min(whole(nav.hardwareConcurrency), 1024),
    memory: real(nav.deviceMemory),
    plugins: quietly(() => whole(nav.plugins.length), 0),
    canvas: quietly(canvas, ''),
    ...gl,
    audio: await audio().catch(() => ''),
    fonts: quietly(fonts, ''),
  }
}
