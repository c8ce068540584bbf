import { stopEmbedded } from '../../db/embedded'

await stopEmbedded(process.argv[2] ?? '')
