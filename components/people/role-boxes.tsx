import { ROLES, type Role } from '../../core/roles'
import { Checkbox } from '../ui/checkbox'
import { ROLE_WORDS } from './role-words'

/** The roles one can have, each with what it is for. */
export function RoleBoxes({ chosen, onChange }: { readonly chosen: readonly Role[]; readonly onChange: (roles: readonly Role[]) => void }) {
  return (
    <fieldset>
      <legend className="mb-1 font-medium text-sm">Roles</legend>
      {ROLES.map((role) => (
        <Checkbox
          key={role}
          label={<span className="capitalize">{role}</span>}
          hint={ROLE_WORDS[role]}
          checked={chosen.includes(role)}
          onChange={({ target }) => onChange(target.checked ? [...chosen, role] : chosen.filter((other) => other !== role))}
        />
      ))}
    </fieldset>
  )
}
