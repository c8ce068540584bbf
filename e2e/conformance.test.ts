import { conformance } from './conformance-suite'

conformance('2026-07-28', 'test_added_tool')
