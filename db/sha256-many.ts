import { oneAfterAnother, type Sha256Many } from '../core/hash'
import { lanesSha256 } from '../core/sha256-lanes'
import { sha256 } from './crypto'

const lanes = lanesSha256(sha256) ?? oneAfterAnother(sha256)

export const sha256Many: Sha256Many = lanes
