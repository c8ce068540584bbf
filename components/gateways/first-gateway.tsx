import { CommandLine } from '../ui/command-line'

/** The one command that puts a gateway in front of an MCP server. */
export const GATEWAY_COMMAND = 'npx -y countersign --gateway --upstream "npx -y @modelcontextprotocol/server-filesystem /tmp"'

export function FirstGateway() {
  return (
    <>
      <p>
        A gateway is a program that stands where the agent expects its MCP server. In the agent’s configuration, put this in place of the
        server:
      </p>
      <CommandLine>{GATEWAY_COMMAND}</CommandLine>
      <p>It shows here as soon as it runs.</p>
    </>
  )
}
