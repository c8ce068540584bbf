import { Specimen } from '../specimen'

/** Somebody by name, or, for whoever is no user, by what the log knows them by. */
export type PersonShown = { readonly name: string; readonly isUser: boolean }

export function PersonName({ person }: { readonly person: PersonShown }) {
  return (
    <span
      className="whitespace-nowrap [&_bdi]:font-sans"
      title={person.isUser ? undefined : 'Not a user of this console: the command line, before there were accounts'}
    >
      <Specimen text={person.name} plain />
    </span>
  )
}

/** Several, with commas between them. */
export function PersonNames({ people }: { readonly people: readonly PersonShown[] }) {
  return people.map((person, at) => (
    <span key={person.name}>
      {at > 0 && ', '}
      <PersonName person={person} />
    </span>
  ))
}
