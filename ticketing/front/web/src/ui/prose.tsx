/**
 * Text that the house wrote: paragraphs and lists of the limited Markdown that
 * notices allow. Nothing of it is ever taken for HTML, and other marks are
 * shown as what they stand for.
 */
export function Prose({ text }: { text: string }) {
  return (
    <>
      {text.split(/\n{2,}/).filter((block) => block.trim()).map((block, i) => {
        const lines = block.split('\n').filter((line) => line.trim())
        if (lines.every((line) => /^\s*([-*]|\d+\.)\s/.test(line))) {
          return <ul key={i} class="prose">{lines.map((line, j) => <li key={j}>{plain(line.replace(/^\s*([-*]|\d+\.)\s+/, ''))}</li>)}</ul>
        }
        return <p key={i}>{lines.flatMap((line, j) => (j > 0 ? [<br key={`b${j}`} />, plain(line)] : [plain(line)]))}</p>
      })}
    </>
  )
}

/** A line without headings', emphasis' and links' marks. */
export const plain = (line: string): string =>
  line
    .replace(/^#{1,6}\s+/, '')
    .replace(/\[([^\]]*)\]\(([^)\s]*)\)/g, (_, label: string, to: string) => (label === to ? label : `${label} (${to})`))
    .replace(/(\*\*|__)(.+?)\1/g, '$2')
    .replace(/(^|[^*\w])\*([^*\s][^*]*)\*/g, '$1$2')
