// Measures how many hashes a second the built worker tries: `npm run hashrate`.
// With `node --jitless hashrate.mjs 40000` it is what a browser without a
// compiler does.

import { readdirSync } from 'node:fs'

globalThis.self = { postMessage() {} }
const assets = new URL('../dist/assets/', import.meta.url)
const worker = readdirSync(assets).find((name) => /^worker-.*\.js$/.test(name))
await import(new URL(worker, assets))
const tries = Number(process.argv[2] ?? 1_000_000)
const salt = '0a1b2c3d4e5f60718293a4b5?expires=1795000000&made=1795000000000&band=low&for=asd&tag=0011223344556677&'
const begin = performance.now()
self.onmessage({ data: { challenge: '0'.repeat(64), maxnumber: tries, salt } })
console.log(Math.round((tries * 1000) / (performance.now() - begin)), 'hashes a second')
