/** The smallest policy text that makes calls wait for people, as the empty inbox teaches it. */
export const ESCALATE_RULE = `rules:
  - tool: write_file
    action: escalate
    reason: File writes require approval
    approvers: [approver]
    quorum: 1
    expires: 15m
    useWithin: 5m`
