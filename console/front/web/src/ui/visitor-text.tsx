// Control, bidirectional and invisible characters: they change what is read, so they are shown by number. A line break is
// what it looks like.
const hidden = /(?!\n)[\p{Cc}\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180E\u200B-\u200F\u2028-\u202E\u2060-\u206F\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF9-\uFFFB\u{E0000}-\u{E007F}]/u

interface Piece {
  text: string
  marked: boolean
}

export function pieces(text: string): Piece[] {
  const out: Piece[] = []
  for (const character of text) {
    const marked = hidden.test(character)
    const last = out.at(-1)
    if (!marked && last && !last.marked) last.text += character
    else if (marked) out.push({ text: `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`, marked })
    else out.push({ text: character, marked })
  }
  return out
}

interface VisitorTextProps {
  children: string | null | undefined
  /** Cut to this many characters; the rest is in the title. */
  max?: number
}

/** Text that a visitor or an attacker chose: as text, nothing hidden, its direction its own. */
export function VisitorText({ children, max = 2000 }: VisitorTextProps) {
  if (!children) return <span>—</span>
  const cut = children.length > max ? `${children.slice(0, max)}…` : children
  return (
    <bdi className="visitor-text">
      {pieces(cut).map((piece, i) => (piece.marked ? <code key={i} className="hidden-character">{piece.text}</code> : <span key={i}>{piece.text}</span>))}
    </bdi>
  )
}
