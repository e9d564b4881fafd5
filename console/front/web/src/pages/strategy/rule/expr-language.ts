import { HighlightStyle, StreamLanguage, syntaxHighlighting } from '@codemirror/language'
import { tags } from '@lezer/highlight'

const words = /^(?:and|or|not|in|contains|startsWith|endsWith|matches)\b/
const functions = /^(?:known|abs|min|max)\b(?=\s*\()/
const atoms = /^(?:true|false)\b/

/** The rule language, as far as colours need it. */
export const exprLanguage = StreamLanguage.define({
  name: 'expr',
  token(stream) {
    if (stream.eatSpace()) return null
    if (stream.match(/^"(?:[^"\\]|\\.)*"?/) || stream.match(/^'(?:[^'\\]|\\.)*'?/)) return 'string'
    if (stream.match(/^\d+(?:\.\d+)?/)) return 'number'
    if (stream.match(words)) return 'keyword'
    if (stream.match(functions)) return 'function'
    if (stream.match(atoms)) return 'atom'
    if (stream.match(/^[a-z_][a-z0-9_]*/i)) return 'variableName'
    if (stream.match(/^(?:[<>=!]=?|&&|\|\||[-+*/?:])/)) return 'operator'
    stream.next()
    return null
  },
  tokenTable: { function: tags.function(tags.variableName) },
  languageData: { closeBrackets: { brackets: ['(', '[', '"'] } },
})

/** Dark enough on white: each at least 4.7:1. */
export const colours = syntaxHighlighting(HighlightStyle.define([
  { tag: tags.keyword, color: '#8A1C7C', fontWeight: '600' },
  { tag: tags.function(tags.variableName), color: '#0958D9' },
  { tag: tags.number, color: '#A85100' },
  { tag: tags.string, color: '#1D6B3A' },
  { tag: tags.atom, color: '#A85100' },
  { tag: tags.propertyName, color: '#0958D9' },
  { tag: tags.comment, color: '#5C6370', fontStyle: 'italic' },
]))
