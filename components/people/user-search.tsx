import { Search } from 'lucide-react'
import Form from 'next/form'
import { Button } from '../ui/button'
import { Input } from '../ui/input'
import { LinkButton } from '../ui/link-button'

/** Finds people by name or address, and turns the pages; all of it in the URL. */
export function UserSearch({ search, page, pages }: { readonly search: string; readonly page: number; readonly pages: number }) {
  const pathOf = (to: number) =>
    `/users?${new URLSearchParams({ ...(search ? { q: search } : {}), ...(to > 1 ? { page: String(to) } : {}) })}`
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2">
      <Form action="/users" role="search" className="flex min-w-0 flex-1 basis-64 gap-2 md:max-w-sm">
        <Input name="q" type="search" aria-label="Name or address" placeholder="Name or address" defaultValue={search} maxLength={200} />
        <Button type="submit" aria-label="Search" size="icon">
          <Search />
        </Button>
      </Form>
      {pages > 1 && (
        <nav aria-label="Pages" className="ml-auto flex items-center gap-2 text-quiet text-sm tabular-nums">
          {page > 1 && (
            <LinkButton href={pathOf(page - 1)} size="sm">
              Previous
            </LinkButton>
          )}
          {page} of {pages}
          {page < pages && (
            <LinkButton href={pathOf(page + 1)} size="sm">
              Next
            </LinkButton>
          )}
        </nav>
      )}
    </div>
  )
}
