/** For those who may not read every entry, names of people among them. */
export function VerifyElsewhere() {
  return (
    <p className="max-w-3xl text-quiet text-sm">
      Verifying the whole log reads the text of every entry, which names people: auditors and admins can do it here. Each entry that you can
      look up is proven in this browser, and so is every comparison below.
    </p>
  )
}
