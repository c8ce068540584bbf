import { BECAUSE, type CommandSpec, TOKEN_FILE } from './command-spec'

/** What is done about the sealed log: alarms, who seals it, who else keeps or signs it. */
export const SEALING_COMMANDS = {
  'alarm list': {
    usage: 'alarm list',
    summary: 'what was noticed about the log, open alarms first',
    options: {},
    words: { min: 0, max: 0 },
  },
  'alarm end': {
    usage: 'alarm end ID --because TEXT',
    summary: 'say that an alarm is over, whoever raised it; what is still so is noticed again',
    teaches: ["countersign alarm end 17 --because 'the loss of the failover on Monday was looked into'"],
    options: { because: BECAUSE, 'token-file': TOKEN_FILE },
    words: { min: 1, max: 1 },
  },
  'sealer list': {
    usage: 'sealer list',
    summary: 'the machines that may seal the log, two at most, and those that did',
    options: {},
    words: { min: 0, max: 0 },
  },
  'sealer retire': {
    usage: 'sealer retire ID --because TEXT',
    summary: 'for good: that machine seals no more, and another one may in its place',
    options: { because: BECAUSE, 'token-file': TOKEN_FILE },
    words: { min: 1, max: 1 },
  },
  'log-key rotate': {
    usage: 'log-key rotate --because TEXT [--log-key-command "COMMAND" [--next-key KEY]]',
    summary: 'where the log is sealed: another key signs it from now on, by a statement that both keys sign',
    teaches: [
      "countersign log-key rotate --because 'the machine was handed over'",
      "countersign log-key rotate --because 'into the signer' --log-key-command 'ssh signer sign {key}' --next-key 3b6a…",
    ],
    options: {
      because: BECAUSE,
      'log-key-command': {
        value: 'COMMAND',
        says: 'holds the key of now, as with `seal`, unless it is a file here; {key} becomes the key that is to sign',
      },
      'next-key': {
        value: 'KEY',
        says: 'the public key of the command that signs from now on, in hexadecimal (default: a new key in keys/)',
      },
      'token-file': TOKEN_FILE,
    },
    words: { min: 0, max: 0 },
  },
  'log-key list': {
    usage: 'log-key list',
    summary: 'the keys that signed the log, each in its turn',
    options: {},
    words: { min: 0, max: 0 },
  },
  witness: {
    usage: 'witness [LOG_KEY …] [--trust FILE] [--name NAME] [--listen HOST:PORT]',
    summary: 'on another machine: sign what the log shows, and never two histories of it',
    teaches: [
      'countersign witness list                                            # on the machine of the log: its key',
      "countersign witness --listen 0.0.0.0:7744 'countersign/<log>+…'       # on the other machine: prints its own",
      "countersign witness add 'witness/host+…' --url http://host:7744       # on the machine of the log",
    ],
    options: {
      name: { value: 'NAME', says: 'what its key is called; chosen at the first start (default: witness/<host>)' },
      trust: { value: 'FILE', says: 'the log’s trust.json, where its key was rotated: followed as far as the given key has signed' },
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
} as const satisfies Record<string, CommandSpec>
