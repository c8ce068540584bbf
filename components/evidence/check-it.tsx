import { CommandLine } from '../ui/command-line'

/** How whoever is given the file finds out that it is true, without us. `root` is what they compare. */
export function CheckIt({ root }: { readonly root: string | null }) {
  return (
    <div className="max-w-2xl space-y-3">
      <p className="text-quiet">
        A bundle is checked without this console, its database or its network. Three ways, the last a script of about a hundred lines to be
        read first:
      </p>
      <CommandLine>countersign verify evidence.zip</CommandLine>
      <CommandLine>{`unzip -p evidence.zip verify-bundle.mjs > verify-bundle.mjs && node verify-bundle.mjs evidence.zip${root === null ? '' : ` ${root}`}`}</CommandLine>
      <p>
        Or open <code>verify.html</code> in a browser, offline, and give it the file. Take the page and the script from the Countersign
        package rather than from the bundle: whoever could change the entries could have changed what lies beside them.
      </p>
      {root !== null && (
        <p>
          What vouches for it is the root key of this log. Tell it to whoever checks, by another way than the file:{' '}
          <code className="wrap-anywhere font-mono text-sm">{root}</code>
        </p>
      )}
    </div>
  )
}
