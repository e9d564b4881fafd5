// Marks that automation leaves in a browser. Each is weak alone: extensions and
// privacy settings leave some, too. The names are ingest.Trace's.

export type Trace =
  | 'webdriver' | 'globals' | 'document' | 'devtools' | 'headless' | 'natives' | 'navigator' | 'languages' | 'permission'
  | 'software' | 'window' | 'chrome' | 'untrusted' | 'frame' | 'zone'

const globals = /^(__(selenium|webdriver|driver|fxdriver|nightmare|puppeteer|playwright|pw)|_phantom$|callPhantom$|_Selenium_IDE|domAutomation|\$?[cw]dc_|awesomium$|spawn$)/i
const ofDocument = /^\$?[cw]dc_|^\$chrome_|webdriver|selenium/i
const mobile = /Android|iPhone|iPad|Mobile/

const native = (f: unknown) => typeof f === 'function' && /\[native code\]/.test(Function.prototype.toString.call(f))

function replaced(): boolean {
  const getter = (of: object, name: string) => Object.getOwnPropertyDescriptor(of, name)?.get
  const known: unknown[] = [
    Function.prototype.toString, HTMLCanvasElement.prototype.toDataURL, getter(Navigator.prototype, 'webdriver'),
    getter(Navigator.prototype, 'userAgent'), getter(Navigator.prototype, 'languages'), getter(Screen.prototype, 'width'),
    typeof WebGLRenderingContext === 'undefined' ? undefined : WebGLRenderingContext.prototype.getParameter,
  ]
  return known.some((f) => f !== undefined && !native(f))
}

/** Something serialises what is written to the console: a debugger, or a driver over its protocol. */
function watched(): boolean {
  let read = false
  const bait = new Error('')
  Object.defineProperty(bait, 'stack', { get: () => ((read = true), '') })
  console.debug(bait)
  return read
}

async function contradicting(): Promise<boolean> {
  if (typeof Notification === 'undefined' || !navigator.permissions) return false
  const asked = await navigator.permissions.query({ name: 'notifications' })
  return Notification.permission === 'denied' && asked.state === 'prompt'
}

function framed(): boolean {
  const frame = document.createElement('iframe')
  frame.hidden = true
  document.documentElement.append(frame)
  try {
    const inside = frame.contentWindow?.navigator
    return !!inside && (inside.webdriver !== navigator.webdriver || inside.platform !== navigator.platform || inside.userAgent !== navigator.userAgent)
  } finally {
    frame.remove()
  }
}

export async function traces(renderer: string, zone: string): Promise<Trace[]> {
  const agent = navigator.userAgent
  const found: Trace[] = []
  const look = (trace: Trace, test: () => boolean) => {
    try {
      if (test()) found.push(trace)
    } catch {
      // What cannot be asked says nothing.
    }
  }
  look('webdriver', () => navigator.webdriver === true)
  look('globals', () => Object.getOwnPropertyNames(window).some((name) => globals.test(name)))
  look('document', () => [...Object.getOwnPropertyNames(document), ...document.documentElement.getAttributeNames()].some((name) => ofDocument.test(name)))
  look('devtools', watched)
  look('headless', () => /Headless|PhantomJS|Electron\//i.test(agent))
  look('natives', replaced)
  look('navigator', () => Object.getOwnPropertyNames(navigator).length > 0)
  look('languages', () => navigator.languages.length === 0 || navigator.languages[0] !== navigator.language)
  look('software', () => /swiftshader|llvmpipe|softpipe|software|basic render/i.test(renderer))
  look('window', () => !mobile.test(agent) && (outerWidth === 0 || outerHeight === 0))
  look('chrome', () => /Chrome\//.test(agent) && !mobile.test(agent) && !('chrome' in window))
  look('frame', framed)
  look('zone', () => {
    const at = new Date()
    return zone !== '' && at.toLocaleString('en-US') !== at.toLocaleString('en-US', { timeZone: zone })
  })
  if (await contradicting().catch(() => false)) found.push('permission')
  return found
}
