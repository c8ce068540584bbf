-- Group roles are NOLOGIN and cluster-wide: a second database of the same server finds them there, and two that migrate at once may
-- both try to make them.
do $$
declare
  role_name text;
begin
  foreach role_name in array array['countersign_gateway', 'countersign_console', 'countersign_sealer', 'countersign_auditor'] loop
    if not exists (select from pg_roles where rolname = role_name) then
      begin
        execute format('create role %I nologin', role_name);
      exception when duplicate_object or unique_violation then
        null;
      end;
    end if;
  end loop;
end
$$;

-- The migrator has made the schema already, for its own table.
create schema if not exists countersign;
revoke all on schema countersign from public;
grant usage on schema countersign to countersign_gateway, countersign_console, countersign_sealer, countersign_auditor;

-- Functions are executable by everyone unless said otherwise; here each one names who may call it.
alter default privileges revoke execute on functions from public;

-- `minimum` is the number of migrations a build must know to work with this database. Migrations only expand, so it rises only with
-- a change that an older build would do harm with.
create table countersign.compatibility (
  one boolean primary key default true check (one),
  minimum integer not null check (minimum >= 0)
);
insert into countersign.compatibility (minimum) values (0);
grant select on countersign.compatibility, countersign.migrations
  to countersign_gateway, countersign_console, countersign_sealer, countersign_auditor;

-- For tables whose rows are never changed: the trigger says no to the owner too, statement by statement, so that TRUNCATE is covered.
create function countersign.refuse_rewrite() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception '% on %.% is refused: its rows are never changed', tg_op, tg_table_schema, tg_table_name
    using errcode = 'insufficient_privilege';
end
$$;
