import { AxeBuilder } from '@axe-core/playwright'
import { expect, type Page } from '@playwright/test'

/**
 * What axe complains of in a page as it stands, by every rule or by some. It sums up in the page itself ("legacy"): a second page for that
 * is needed where there are frames, which our own pages never have, and costs more than the rules.
 */
export async function violationsOf(page: Page, rules: readonly string[] | null = null): Promise<readonly string[]> {
  expect(page.frames(), 'a page of the console without frames').toHaveLength(1)
  const only = rules === null ? {} : { runOnly: { type: 'rule' as const, values: [...rules] } }
  const builder = new AxeBuilder({ page }).options({ resultTypes: ['violations'], ...only }).setLegacyMode(true)
  const { violations } = await builder.analyze()
  return violations.map(({ id, nodes }) => `${id} ${nodes.map(({ target, html }) => `${target.join(' ')} ${html}`).join(', ')}`)
}
