/** One mistake that somebody could make: `from` becomes `to` in `file` (of core/policy), once. */
export type Mutation = { readonly mistake: string; readonly file: string; readonly from: string; readonly to: string }

/** Each must be seen by the comparison with the naive interpreter. */
export const mutations: readonly Mutation[] = [
  {
    mistake: 'rules are asked in the order in which they were found, not in the order of the document',
    file: 'select.ts',
    from: 'found.sort((one, other) => one - other)',
    to: 'found.reverse()',
  },
  {
    mistake: 'the last rule that could select is not asked',
    file: 'select.ts',
    from: 'rules.slice(0, last + 1)',
    to: 'rules.slice(0, last)',
  },
  {
    mistake: 'a name is not judged under the names it could be taken for',
    file: 'evaluate-judge.ts',
    from: 'for (const tool of aliases)',
    to: 'for (const tool of aliases.slice(aliases.length))',
  },
  {
    mistake: 'a deny whose condition is unknown does not select',
    file: 'evaluate-judge.ts',
    from: 'if (selected === FALSE) continue',
    to: 'if (selected !== TRUE) continue',
  },
  {
    mistake: 'an escalation that was only provisional is forgotten when a later rule selects',
    file: 'evaluate-judge.ts',
    from: 'if (selected === TRUE) return stricter(provisional, checkBounds(rule, call, facts))',
    to: 'if (selected === TRUE) return checkBounds(rule, call, facts)',
  },
  {
    mistake: 'an unknown condition leaves `default: allow` as it is',
    file: 'evaluate-judge.ts',
    from: 'undecided ??= rule',
    to: 'undecided ??= null',
  },
  {
    mistake: 'an asserted identity counts as an authenticated one',
    file: 'evaluate-judge.ts',
    from: '!rule.authenticatedOnly ||',
    to: 'rule.authenticatedOnly ||',
  },
  {
    mistake: 'an escalation is stricter than a deny',
    file: 'guardrail.ts',
    from: 'escalate: 1, deny: 2',
    to: 'escalate: 2, deny: 1',
  },
  {
    mistake: 'the guardrail is not asked',
    file: 'evaluate.ts',
    from: 'rules.guardrail && judgeUnderAllNames(rules.guardrail, call, facts)',
    to: 'null',
  },
  {
    mistake: 'a request that cannot be held is held',
    file: 'evaluate.ts',
    from: "if (call.method !== 'tools/call')",
    to: "if (call.method === '')",
  },
  {
    mistake: 'a number that does not survive being read passes the bounds',
    file: 'evaluate-bounds.ts',
    from: 'if (holdsInexact(call.args)) return inexact(rule)',
    to: '',
  },
  {
    mistake: '`otherwise` softens a bound that cannot be read',
    file: 'evaluate-bounds.ts',
    from: "broken.verdict.is === 'unknown' || broken.verdict.hit === true",
    to: "broken.verdict.is === 'false' && broken.verdict.hit === true",
  },
  {
    mistake: '`otherwise` softens a denied place',
    file: 'evaluate-bounds.ts',
    from: "broken.verdict.is === 'unknown' || broken.verdict.hit === true ||",
    to: "broken.verdict.is === 'unknown' ||",
  },
  {
    mistake: '`all` overlooks what is unknown',
    file: 'conditions-truth.ts',
    from: 'if (one < least) least = one',
    to: '',
  },
  {
    mistake: '`not` turns unknown into true',
    file: 'conditions-truth.ts',
    from: '(2 - truth) as Truth',
    to: '(truth === 2 ? 0 : 2) as Truth',
  },
  {
    mistake: 'an argument of another type makes a condition false instead of unknown',
    file: 'conditions-operators.ts',
    from: 'if (kindOf(value) !== kindOf(operand) || holdsInexact(value)) return UNKNOWN',
    to: 'if (kindOf(value) !== kindOf(operand) || holdsInexact(value)) return truthOf(false)',
  },
  {
    mistake: 'a percent-decoded path is not read',
    file: 'constraints/readings.ts',
    from: 'add(rounds, decoded, round + 1)',
    to: '',
  },
  {
    mistake: 'a backslash is not read as a separator',
    file: 'constraints/readings.ts',
    from: "    text.replaceAll('\\\\', '/'),\n",
    to: '',
  },
  {
    mistake: 'a path that shares a prefix of components with a folder is inside it',
    file: 'constraints/roots.ts',
    from: "if (!node) return 'apart'\n    }\n    if (node.isRoot)",
    to: "if (!node) return 'inside'\n    }\n    if (node.isRoot)",
  },
  {
    mistake: 'a folder above a denied one may be used',
    file: 'constraints/roots.ts',
    from: "node.children.size > 0 ? 'above' : 'apart'",
    to: "'apart'",
  },
  {
    mistake: 'links are not followed',
    file: 'constraints/paths.ts',
    from: 'if (!this.roots.contain(located.spot)) return this.outside(subject, text)\n    return real === null ? holds',
    to: 'if (!this.roots.contain(located.spot)) return this.outside(subject, text)\n    return real !== null ? holds',
  },
  {
    mistake: 'a denied folder is compared with its case',
    file: 'constraints/paths.ts',
    from: 'this.roots = new Roots(set.folders, folded)',
    to: 'this.roots = new Roots(set.folders)',
  },
  {
    mistake: 'a private address may be used when anything is listed',
    file: 'constraints/domains.ts',
    from: 'if (host.isSpecial && !permitsPrivate)',
    to: 'if (host.isSpecial && permitsPrivate)',
  },
  {
    mistake: '`*` stands for an option too',
    file: 'constraints/commands.ts',
    from: "expected === null ? !words[at]?.startsWith('-')",
    to: 'expected === null ? true',
  },
  {
    mistake: 'one call more than the rate allows is let through',
    file: 'constraints/rate-limit.ts',
    from: 'made < form.calls',
    to: 'made <= form.calls',
  },
  {
    mistake: 'the end of a range lies outside it',
    file: 'constraints/ranges.ts',
    from: 'signOfDifference(decimal, max.decimal) > 0',
    to: 'signOfDifference(decimal, max.decimal) >= 0',
  },
]
