import { conformance } from './conformance-suite'

conformance('2025-11-25', null)
