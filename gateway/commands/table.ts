/** One option of a command. `value` names what it takes; without it the option is a switch. */
export type OptionSpec = { readonly value?: string; readonly says: string }

/** One command: what `--help` teaches, what the parser accepts, and where the code is (loaded only when it runs). */
export type CommandSpec = {
  readonly usage: string
  readonly summary: string
  readonly teaches?: readonly string[]
  readonly options: Readonly<Record<string, OptionSpec>>
  /** How many words may follow the command's own name. */
  readonly words: { readonly min: number; readonly max: number }
}

const TOKEN_FILE: OptionSpec = { value: 'FILE', says: 'your personal token, once people have accounts (or in $COUNTERSIGN_TOKEN)' }
const MESSAGE: OptionSpec = { value: 'TEXT', says: 'what changed and why, for those who read the log' }
const BECAUSE: OptionSpec = { value: 'TEXT', says: 'the reason, which stays in the log: name nobody in it' }
const POLICY_NAME: OptionSpec = { value: 'NAME', says: 'the policy’s name (default: default)' }

/** Accepted by every command. */
export const COMMON_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  'data-dir': { value: 'DIR', says: 'keys, trust.json and the embedded database (default: $COUNTERSIGN_HOME or ~/.countersign)' },
  json: { says: 'print JSON, one value per line' },
  help: { says: 'print this' },
}

export const COMMANDS = {
  gateway: {
    usage: 'gateway --upstream "COMMAND" [options]',
    summary: 'stand between an MCP client and its server (also spelled --gateway)',
    teaches: ['countersign --gateway --upstream "npx -y @modelcontextprotocol/server-filesystem /tmp"'],
    options: {
      upstream: { value: 'COMMAND', says: 'the MCP server to run; its words are split as a shell would, without a shell' },
      policy: { value: 'NAME', says: 'the published policy to enforce (default: default)' },
      'policy-file': { value: 'FILE', says: 'enforce a file instead of a published policy' },
      name: { value: 'NAME', says: 'what policies call this server (default: the package’s name)' },
      principal: { value: 'ID', says: 'who the agent says it is (default: local:<user>@<host>)' },
      'hold-ms': { value: 'N', says: 'how long a held call waits before it answers “pending” (default: 50000)' },
      'max-holds': { value: 'N', says: 'how many calls of one agent may wait for a person at once (default: 50)' },
      'clear-text': { value: 'off', says: '“off” keeps only commitments in the log, no arguments and no results' },
      list: { value: 'full', says: '“full” keeps tools in listings that the policy always denies' },
    },
    words: { min: 0, max: 0 },
  },
  up: {
    usage: 'up [--port N]',
    summary: 'start the database, the page of decisions and the sealer, and say where to go',
    options: { port: { value: 'N', says: 'the page’s port (default: a free one)' } },
    words: { min: 0, max: 0 },
  },
  console: {
    usage: 'console [--port N]',
    summary: 'only the page of decisions, on a database that is already there',
    options: { port: { value: 'N', says: 'the page’s port (default: a free one)' } },
    words: { min: 0, max: 0 },
  },
  seal: {
    usage: 'seal [--log-key-command "COMMAND"]',
    summary: 'put what was recorded under signed checkpoints, as `up` does; a second one stands by',
    teaches: ['countersign seal --data-dir /var/lib/countersign', 'countersign seal --log-key-command "ssh signer sign-checkpoint"'],
    options: {
      'log-key-command': {
        value: 'COMMAND',
        says: 'signs in place of keys/log: reads bytes on stdin, writes the Ed25519 signature in base64',
      },
    },
    words: { min: 0, max: 0 },
  },
  check: {
    usage: 'check POLICY.yaml',
    summary: 'say what is wrong with a policy and run its tests; exit 1 on red',
    teaches: ['countersign check policies/filesystem.yaml'],
    options: {},
    words: { min: 1, max: 1 },
  },
  simulate: {
    usage: 'simulate POLICY.yaml (--tool T --args JSON | --calls calls.jsonl)',
    summary: 'what a policy would decide, and why; exit 1 for a bad policy, 2 for a bad call',
    teaches: [`countersign simulate policy.yaml --tool read_file --args '{"path":"/tmp/a"}'`],
    options: {
      tool: { value: 'NAME', says: 'the tool that is called' },
      args: { value: 'JSON', says: 'its arguments (default: {})' },
      calls: { value: 'FILE', says: 'one call per line: {"tool", "args", "server"?, "principal"?, "method"?}' },
      server: { value: 'NAME', says: 'the server’s name (default: server)' },
      principal: { value: 'ID', says: 'who calls (default: local:user@host, asserted)' },
      cwd: { value: 'DIR', says: 'check symlinks on this machine, with DIR as the server’s directory' },
      at: { value: 'TIME', says: 'the time of the call, ISO 8601 (default: now)' },
    },
    words: { min: 1, max: 1 },
  },
  'policy publish': {
    usage: 'policy publish FILE.yaml [--policy NAME] [--message TEXT]',
    summary: 'check, sign and publish a policy; running gateways take it at once',
    teaches: ['countersign policy publish policies/founding.yaml'],
    options: { policy: POLICY_NAME, message: MESSAGE, 'token-file': TOKEN_FILE },
    words: { min: 1, max: 1 },
  },
  'policy list': { usage: 'policy list', summary: 'the policies and what is in force', options: {}, words: { min: 0, max: 0 } },
  'policy show': {
    usage: 'policy show [NAME] [--version N]',
    summary: 'print a policy as it was published',
    options: { version: { value: 'N', says: 'which version (default: the one in force)' } },
    words: { min: 0, max: 1 },
  },
  'policy rollback': {
    usage: 'policy rollback --to N [--policy NAME] [--message WHY]',
    summary: 'publish the text of an earlier version again, as a new version',
    options: { to: { value: 'N', says: 'the version to go back to' }, policy: POLICY_NAME, message: MESSAGE, 'token-file': TOKEN_FILE },
    words: { min: 0, max: 0 },
  },
  'pins list': {
    usage: 'pins list',
    summary: 'the tool definitions that were seen and which are accepted',
    options: {},
    words: { min: 0, max: 0 },
  },
  'pins accept': {
    usage: 'pins accept SERVER [TOOL …]',
    summary: 'accept the definitions a server shows now (all its changed tools, or the named ones)',
    options: { 'token-file': TOKEN_FILE },
    words: { min: 1, max: 1_000 },
  },
  holds: {
    usage: 'holds [ID]',
    summary: 'the calls that wait for a person; with an ID all of one call, for whoever may decide about it',
    teaches: ['countersign holds', 'countersign holds H-7Q2M4X9KTB --token-file token'],
    options: { 'token-file': TOKEN_FILE },
    words: { min: 0, max: 1 },
  },
  approve: {
    usage: 'approve ID [--displayed DIGEST] [--reason TEXT]',
    summary: 'show a held call, ask, and approve what was shown',
    teaches: ['countersign approve H-7Q2M4X9KTB --token-file token'],
    options: {
      displayed: { value: 'DIGEST', says: 'approve without asking what `countersign holds ID` showed under this digest' },
      reason: { value: 'TEXT', says: 'what you say of it, kept with your vote' },
      'token-file': TOKEN_FILE,
    },
    words: { min: 1, max: 1 },
  },
  deny: {
    usage: 'deny ID [--reason TEXT]',
    summary: 'show a held call and deny it; one denial is enough',
    teaches: ["countersign deny H-7Q2M4X9KTB --reason 'not this folder' --token-file token"],
    options: { reason: { value: 'TEXT', says: 'why: the agent is told' }, 'token-file': TOKEN_FILE },
    words: { min: 1, max: 1 },
  },
  log: {
    usage: 'log [--follow] [--limit N]',
    summary: 'what was decided and what became of it',
    options: { follow: { says: 'go on printing as calls are decided' }, limit: { value: 'N', says: 'how many (default: 50)' } },
    words: { min: 0, max: 0 },
  },
  verify: {
    usage: 'verify [--quick | --deep] [--checkpoint FILE] [--since FILE] [--save FILE] [BUNDLE.zip | x.tlog-proof]',
    summary: 'check the whole log, or a file that was exported: exit 0 intact, 1 damaged (what and where), 2 could not tell',
    options: {
      quick: { says: 'only texts, links, the tree and each writer’s last signature: not what the entries mean' },
      deep: { says: 'also every signature, of batches and of checkpoints, and that every text is canonical' },
      checkpoint: { value: 'FILE', says: 'a checkpoint that was kept elsewhere, as a witness holds it: the log must lead to it' },
      since: { value: 'FILE', says: 'a checkpoint up to which an earlier look found the log intact: begin there' },
      save: { value: 'FILE', says: 'keep the newest checkpoint there, with its cosignatures, if the log is intact' },
    },
    words: { min: 0, max: 1 },
  },
  export: {
    usage: 'export --out FILE.zip [--from TIME] [--to TIME] [--server NAME] [--agent ID] [--policy NAME] [--outcome WORD] [--clear-text]',
    summary: 'take part of the log out as a file that anybody can verify; the log records it first',
    teaches: [
      'countersign export --from 2026-01-01 --to 2026-02-01 --out january.zip',
      'countersign export --entry WRITER:NUMBER --out call.tlog-proof',
    ],
    options: {
      out: { value: 'FILE', says: 'where to write it; an export that broke off goes on when asked for again' },
      from: { value: 'TIME', says: 'the first moment of the period, as a day or a time with its zone (default: the beginning)' },
      to: { value: 'TIME', says: 'the first moment after it (default: the end)' },
      server: { value: 'NAME', says: 'only calls to this server' },
      agent: { value: 'ID', says: 'only calls of this agent' },
      policy: { value: 'NAME', says: 'only calls that this policy decided, by its name or digest' },
      outcome: { value: 'WORD', says: 'only calls that were decided so: allow, deny or escalate' },
      'clear-text': { says: 'with arguments and results, where they are kept, and the salts that open their commitments' },
      entry: { value: 'WRITER:N', says: 'one entry with its place in the signed tree, as a .tlog-proof' },
      'token-file': TOKEN_FILE,
    },
    words: { min: 0, max: 0 },
  },
  'retention show': {
    usage: 'retention show',
    summary: 'for how long arguments, results and what people said are kept in clear text',
    options: {},
    words: { min: 0, max: 0 },
  },
  'retention set': {
    usage: 'retention set CLASS=DAYS|CLASS=forever …',
    summary: 'change it: what is older is erased by a running console, and the log still verifies',
    teaches: ['countersign retention set arguments.allow=30 results.allow=7'],
    options: { 'token-file': TOKEN_FILE },
    words: { min: 1, max: 10 },
  },
  erase: {
    usage: 'erase (--call CALL | --agent ID) --because TEXT',
    summary: 'erase the clear text of a call, or of all calls of an agent until now; entries stay, and the log still verifies',
    teaches: ["countersign erase --agent local:ada@host --because 'request 17 of a person'"],
    options: {
      call: { value: 'CALL', says: 'the id of one call' },
      agent: { value: 'ID', says: 'every call of this agent that is recorded now' },
      because: BECAUSE,
      'token-file': TOKEN_FILE,
    },
    words: { min: 0, max: 0 },
  },
  'legal-hold add': {
    usage: 'legal-hold add [--server NAME] [--agent ID] [--call CALL] [--from TIME] [--to TIME] --because TEXT',
    summary: 'no clear text of what fits all of this is erased, by anything or anybody, until it is lifted',
    teaches: ["countersign legal-hold add --server mail --from 2026-01-01 --because 'case 2026/4'"],
    options: {
      server: { value: 'NAME', says: 'calls to this server' },
      agent: { value: 'ID', says: 'calls of this agent' },
      call: { value: 'CALL', says: 'this call' },
      from: { value: 'TIME', says: 'recorded at this time or later' },
      to: { value: 'TIME', says: 'recorded before this time' },
      because: BECAUSE,
      'token-file': TOKEN_FILE,
    },
    words: { min: 0, max: 0 },
  },
  'legal-hold lift': {
    usage: 'legal-hold lift ID --because TEXT',
    summary: 'end a legal hold: what it kept goes when its days are over',
    options: { because: BECAUSE, 'token-file': TOKEN_FILE },
    words: { min: 1, max: 1 },
  },
  'legal-hold list': { usage: 'legal-hold list', summary: 'the legal holds there are and were', options: {}, words: { min: 0, max: 0 } },
  witness: {
    usage: 'witness [LOG_KEY …] [--name NAME] [--listen HOST:PORT]',
    summary: 'on another machine: sign what the log shows, and never two histories of it',
    teaches: [
      'countersign witness list                                            # on the machine of the log: its key',
      "countersign witness --listen 0.0.0.0:7744 'countersign/<log>+…'       # on the other machine: prints its own",
      "countersign witness add 'witness/host+…' --url http://host:7744       # on the machine of the log",
    ],
    options: {
      name: { value: 'NAME', says: 'what its key is called; chosen at the first start (default: witness/<host>)' },
      listen: { value: 'HOST:PORT', says: 'where it listens (default: 127.0.0.1:7744)' },
    },
    words: { min: 0, max: 100 },
  },
  'witness add': {
    usage: 'witness add WITNESS_KEY --url URL [--host NAME] [--threshold K]',
    summary: 'pin a witness in trust.json: the sealer asks it to sign, and verifiers believe its key',
    options: {
      url: { value: 'URL', says: 'where the witness listens' },
      host: { value: 'NAME', says: 'the machine it runs on (default: the URL’s host); one on this machine anchors nothing' },
      threshold: { value: 'K', says: 'how many witnesses must have signed before the log counts as anchored (default: as before, or 1)' },
      'token-file': TOKEN_FILE,
    },
    words: { min: 1, max: 1 },
  },
  'witness remove': {
    usage: 'witness remove NAME',
    summary: 'believe a witness no more; what it signed stays in the log',
    options: { 'token-file': TOKEN_FILE },
    words: { min: 1, max: 1 },
  },
  'witness list': {
    usage: 'witness list',
    summary: 'this log’s key, which its witnesses need, and the witnesses it has',
    options: {},
    words: { min: 0, max: 0 },
  },
  'sink add': {
    usage: 'sink add FOLDER | --webhook URL | --timestamp URL --certificate FILE | --bucket URL --credentials FILE',
    summary: 'copy checkpoints to a folder or a git repository, a webhook, an authority that stamps them, or a bucket that locks them',
    teaches: [
      'countersign sink add /mnt/elsewhere/checkpoints',
      'countersign verify --checkpoint /mnt/elsewhere/checkpoints/<log>/<size>.checkpoint',
      'countersign sink add --webhook https://hooks.example.org/checkpoints',
      'countersign sink add --timestamp https://tsa.example.org --certificate tsa-ca.pem',
      'countersign sink add --bucket https://s3.eu-central-1.amazonaws.com/NAME --region eu-central-1 --credentials keys',
    ],
    options: {
      webhook: { value: 'URL', says: 'a checkpoint a minute, signed as standardwebhooks.com has it; the secret is shown once' },
      timestamp: { value: 'URL', says: 'an RFC 3161 authority: a checkpoint an hour is stamped, and `verify` says when' },
      certificate: { value: 'FILE', says: 'the authority’s certificate, or that of whoever certifies it, in PEM' },
      bucket: { value: 'URL', says: 'an S3 bucket with Object Lock, by its service’s address: not even its owner can delete a copy' },
      region: { value: 'NAME', says: 'the bucket’s region (default: us-east-1)' },
      credentials: { value: 'FILE', says: 'its keys, in a file as AWS writes it that only you can read' },
      days: { value: 'N', says: 'for how many days each copy is locked (default: 365)' },
      'token-file': TOKEN_FILE,
    },
    words: { min: 0, max: 1 },
  },
  'sink remove': {
    usage: 'sink remove FOLDER|URL',
    summary: 'copy there no more; what is there stays',
    options: { 'token-file': TOKEN_FILE },
    words: { min: 1, max: 1 },
  },
  'sink list': { usage: 'sink list', summary: 'what gets copies of checkpoints', options: {}, words: { min: 0, max: 0 } },
  migrate: {
    usage: 'migrate',
    summary: 'bring the database to this version’s schema (as its owner)',
    options: {},
    words: { min: 0, max: 0 },
  },
  doctor: { usage: 'doctor', summary: 'what is here, what is missing and what is risky', options: {}, words: { min: 0, max: 0 } },
} as const satisfies Record<string, CommandSpec>

export type CommandName = keyof typeof COMMANDS
