import { defineConfig } from 'vitest/config'

// One file that says nothing of the machine or the time it was built on.
export default defineConfig({
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    target: 'es2021',
    modulePreload: { polyfill: false },
    sourcemap: false,
    lib: { entry: 'src/main.ts', formats: ['iife'], name: 'fairgateCollectorBundle', fileName: () => 'collector.js' },
  },
  test: { include: ['test/**/*.test.ts'], environment: 'node' },
})
