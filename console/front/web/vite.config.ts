import { defineConfig } from 'vitest/config'

// The built files are committed and embedded, so a build says nothing of the
// machine or the time it was made on: names are hashes of contents.
export default defineConfig(({ command }) => ({
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 4096,
    sourcemap: false,
    chunkSizeWarningLimit: 1200,
    rolldownOptions: {
      // 'use client' at the head of a library's files says nothing here.
      onwarn: (warning, warn) => (warning.code === 'MODULE_LEVEL_DIRECTIVE' ? undefined : warn(warning)),
    },
  },
  // The server puts the answer's own nonce in this one's place (front.go).
  ...(command === 'build' ? { html: { cspNonce: 'CSP-NONCE-OF-THIS-ANSWER' } } : {}),
  server: {
    // `npm run dev` in front of a running console.
    proxy: { '/api/': { target: process.env.FAIRGATE_CONSOLE ?? 'http://127.0.0.1:8090' } },
  },
  test: {
    include: ['src/**/*.test.{ts,tsx}'],
    environment: 'jsdom',
    setupFiles: ['src/testing/setup.ts'],
    testTimeout: 20_000,
  },
}))
