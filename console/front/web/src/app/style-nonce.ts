/**
 * Gives every style sheet that is made at run time the page's nonce. antd takes
 * it by ConfigProvider, except for two: the measuring of scroll bars (tables)
 * and the lock of the page behind a dialog. The policy would refuse those.
 */
export function giveStylesTheNonce(nonce: string): void {
  if (nonce === '') return
  const create = document.createElement.bind(document)
  document.createElement = (name: string, options?: ElementCreationOptions) => {
    const made = create(name, options)
    if (made instanceof HTMLStyleElement) made.nonce = nonce
    return made
  }
}
