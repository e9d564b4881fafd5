// The gateway may have a collector of its own; this page only makes room for
// it. It is loaded once, when an answer announces it, and only from the
// gateway's own path.

let loaded = false

export function loadCollector(address: string): void {
  if (loaded || address !== '/.fairgate/collector.js') return
  loaded = true
  const script = document.createElement('script')
  script.src = address
  script.async = true
  document.head.append(script)
}
