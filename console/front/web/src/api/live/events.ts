/** One server-sent event. */
export interface ServerEvent {
  name: string
  id: string
  data: string
}

/**
 * Reads server-sent events (WHATWG HTML, 9.2.6) out of text that comes in any
 * pieces. What is not yet a whole event stays for the next piece.
 */
export class EventReader {
  private rest = ''

  read(piece: string): ServerEvent[] {
    const blocks = (this.rest + piece).replaceAll('\r\n', '\n').split('\n\n')
    this.rest = blocks.pop() ?? ''
    return blocks.flatMap((block) => {
      const event: ServerEvent = { name: 'message', id: '', data: '' }
      const data: string[] = []
      for (const line of block.split('\n')) {
        const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/.exec(line) ?? []
        if (field === 'event') event.name = value
        else if (field === 'id') event.id = value
        else if (field === 'data') data.push(value)
      }
      return data.length > 0 ? [{ ...event, data: data.join('\n') }] : []
    })
  }
}
