// The floor for anything written in Node: spawns the server and passes bytes, looking at none of them.
import { spawn } from 'node:child_process'

const child = spawn(process.argv[2], process.argv.slice(3), { stdio: ['pipe', 'pipe', 'inherit'] })
process.stdin.on('data', (chunk) => child.stdin.write(chunk))
process.stdin.on('end', () => child.stdin.end())
child.stdout.on('data', (chunk) => process.stdout.write(chunk))
child.on('exit', (code) => process.exit(code ?? 1))
