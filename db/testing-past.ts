import type { Sql } from './connect'

/** For tests: every entry that is recorded now was recorded in a month of the past. `admin` owns the machine. */
export async function setBack(admin: Sql, month: string): Promise<void> {
  const name = `entries_${month.replace('-', '_')}`
  await admin.unsafe(`begin;
    create table countersign.${name} (like countersign.entries including defaults including constraints);
    alter table countersign.entries attach partition countersign.${name}
      for values from ('${month}-01 00:00:00Z') to (timestamptz '${month}-01 00:00:00Z' at time zone 'UTC' + interval '1 month');
    select countersign.guard_partition('${name}');
    do $$ begin execute (select format('alter table countersign.${name} owner to %I', relowner::regrole::text) from pg_class
      where oid = 'countersign.entries'::regclass); end $$; commit`)
  await unguarded(
    admin,
    `update countersign.entries set recorded_at = '${month}-11 12:00:00Z' where recorded_at > now() - interval '1 day'`,
  )
}

/** As somebody who owns the machine: guards off, then on again. */
export async function unguarded(admin: Sql, statement: string): Promise<void> {
  const each = (what: string): string => `do $$ declare name text; begin
    for name in select relid::text from pg_partition_tree('countersign.entries') loop execute format('alter table %s ${what}', name); end loop;
    end $$;`
  await admin.unsafe(`begin; ${each('disable trigger user')} ${statement}; ${each('enable always trigger entries_stay')}
    ${each('enable always trigger entries_keep')} commit`)
}
