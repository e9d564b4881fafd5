// Runs the end-to-end tests one file after the other: each starts a program.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const wanted = process.argv.slice(2)
const files = wanted.length > 0 ? wanted : ['attack.test.mjs', 'sale.test.mjs', 'rules.test.mjs', 'pages.test.mjs']
const { status } = spawnSync(process.execPath, ['--test', '--test-concurrency=1', '--test-reporter=spec', ...files.map((f) => here + f)], { stdio: 'inherit' })
process.exit(status ?? 1)
