import { cleanup } from '@testing-library/react'
import { afterEach, vi } from 'vitest'

afterEach(cleanup)

// What jsdom has not and antd asks for.
vi.stubGlobal('matchMedia', (query: string) => ({
  matches: false, media: query, onchange: null,
  addListener: () => undefined, removeListener: () => undefined,
  addEventListener: () => undefined, removeEventListener: () => undefined, dispatchEvent: () => false,
}))
vi.stubGlobal('ResizeObserver', class {
  observe() { return undefined }
  unobserve() { return undefined }
  disconnect() { return undefined }
})

// jsdom computes no pseudo-elements, and says so each time.
const computed = window.getComputedStyle.bind(window)
window.getComputedStyle = (element) => computed(element)
