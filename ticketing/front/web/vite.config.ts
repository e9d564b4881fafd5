import { defineConfig } from 'vitest/config'

// The built files are committed and embedded, so a build says nothing of the
// machine or the time it was made on: names are hashes of contents.
export default defineConfig({
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    target: 'es2021',
    modulePreload: { polyfill: false },
    // The gateway counts every request as a look; small pictures come with the page.
    assetsInlineLimit: 4096,
    sourcemap: false,
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es' },
  server: {
    // `npm run dev` in front of a running gateway.
    proxy: { '^/(api|\\.fairgate)/': { target: process.env.FAIRGATE_GATEWAY ?? 'http://127.0.0.1:8080' } },
  },
  test: { include: ['test/**/*.test.ts'], environment: 'node' },
})
