-- Telling people what becomes of holds: where to, what is to be told (an outbox, filled in the transaction that it tells of), and how each
-- attempt went. `setup` is what may be read of a destination; what opens it is in `sealed`, under a key that is not in this database and
-- that `key` names.
create table countersign.notice_targets (
  id text primary key check (id ~ '^[0-9a-f]{32}$'),
  name text not null unique check (length(name) between 1 and 100),
  kind text not null check (kind in ('webhook', 'slack', 'email')),
  address text not null check (length(address) between 1 and 2048),
  setup jsonb not null check (jsonb_typeof(setup) = 'object'),
  sealed bytea not null,
  key text not null check (key ~ '^[0-9a-f]{16}$'),
  events text[] not null check (
    events <@ array['hold.open', 'hold.approved', 'hold.denied', 'hold.expired', 'hold.cancelled', 'hold.revoked', 'alert.too_many_holds']
    and array_position(events, null) is null),
  enabled boolean not null default true,
  revision integer not null default 1,
  made_by text not null,
  made_at timestamptz not null default clock_timestamp(),
  changed_by text not null,
  changed_at timestamptz not null default clock_timestamp()
);

-- Agents whose calls were denied because as many of them waited as may: since when, how many, and when people were last told of it. Names are
-- of any length and keys are not: `agent` is the principal's hash. `tool` is the name as JSON.
create table countersign.too_many_holds (
  agent text primary key check (agent ~ '^[0-9a-f]{64}$'),
  principal text not null,
  server text not null,
  tool text not null check (json_typeof(tool::json) = 'string'),
  waiting integer not null,
  denied integer not null default 1,
  began_at timestamptz not null,
  last_at timestamptz not null,
  told_at timestamptz not null
);
create index too_many_holds_last on countersign.too_many_holds (last_at);

-- `next_at` of a notice that is being sent is when it may be sent again, should whoever took it never come back. `attempts_left` is what a
-- failure may still cost.
create table countersign.notices (
  id text primary key default replace(gen_random_uuid()::text, '-', '') check (id ~ '^[0-9a-f]{32}$'),
  event text not null,
  hold text references countersign.holds,
  agent text references countersign.too_many_holds,
  target text not null references countersign.notice_targets on delete cascade,
  state text not null default 'waiting' check (state in ('waiting', 'sent', 'dead', 'dropped')),
  attempts integer not null default 0,
  attempts_left integer not null default 10,
  made_at timestamptz not null default clock_timestamp(),
  next_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  check ((state = 'waiting') = (ended_at is null)),
  check ((hold is not null) = (event like 'hold.%')),
  check ((agent is not null) = (event = 'alert.too_many_holds'))
);
create index notices_due on countersign.notices (target, next_at) where state = 'waiting';
create index notices_made on countersign.notices (made_at);

-- `answer` is what the other side said in a word (an HTTP status, an SMTP reply), `error` what went wrong in a sentence.
create table countersign.notice_attempts (
  notice text not null references countersign.notices on delete cascade,
  attempt integer not null,
  at timestamptz not null default clock_timestamp(),
  ms integer not null,
  answer text,
  error text,
  primary key (notice, attempt)
);
--> statement-breakpoint

-- The destinations that an approval names, or all where it names none.
create function countersign.is_told(p_approvals jsonb, p_target text) returns boolean
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select coalesce(bool_or(
    case when jsonb_typeof(approval -> 'notify') = 'array' and jsonb_array_length(approval -> 'notify') > 0
      then approval -> 'notify' ? p_target else true end), true)
  from jsonb_array_elements(case when jsonb_typeof(p_approvals) = 'array' then p_approvals else '[]' end) as approval
$$;

-- Runs as the owner: whoever moves a hold tells of it, and can neither keep it back nor tell of anything else.
create function countersign.tell_of_hold() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_event text := 'hold.' || case when tg_op = 'INSERT' then 'open' else new.state end;
begin
  insert into countersign.notices (event, hold, target)
    select v_event, new.id, t.id from countersign.notice_targets t
    where t.enabled and v_event = any (t.events) and countersign.is_told(new.approvals, t.name);
  return null;
end $$;
create trigger holds_tell_open after insert on countersign.holds for each row execute function countersign.tell_of_hold();
create trigger holds_tell_move after update of state on countersign.holds for each row
  when (old.state is distinct from new.state and new.state in ('approved', 'denied', 'expired', 'cancelled', 'revoked'))
  execute function countersign.tell_of_hold();
alter table countersign.holds enable always trigger holds_tell_open;
alter table countersign.holds enable always trigger holds_tell_move;
--> statement-breakpoint

-- A call was denied because its agent has `p_waiting` others that wait. People are told once in ten minutes; true where they are told now.
create function countersign.tell_of_too_many(p_principal text, p_server text, p_tool text, p_waiting integer, p_approvals jsonb)
returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_agent text := encode(sha256(convert_to(p_principal, 'UTF8')), 'hex');
  v_now timestamptz := clock_timestamp();
  v_lately timestamptz := v_now - interval '10 minutes';
  v_is_told boolean;
begin
  insert into countersign.too_many_holds as known (agent, principal, server, tool, waiting, began_at, last_at, told_at)
    values (v_agent, p_principal, p_server, p_tool, p_waiting, v_now, v_now, v_now)
    on conflict (agent) do update set server = excluded.server, tool = excluded.tool, waiting = excluded.waiting, last_at = v_now,
      denied = case when known.last_at < v_lately then 1 else known.denied + 1 end,
      began_at = case when known.last_at < v_lately then v_now else known.began_at end,
      told_at = case when known.told_at < v_lately then v_now else known.told_at end
    returning told_at = v_now into v_is_told;
  if v_is_told then
    insert into countersign.notices (event, agent, target)
      select 'alert.too_many_holds', v_agent, t.id from countersign.notice_targets t
      where t.enabled and 'alert.too_many_holds' = any (t.events) and countersign.is_told(p_approvals, t.name);
  end if;
  return v_is_told;
end $$;
--> statement-breakpoint

-- db/grants.ts says the same as data.
revoke all on countersign.notice_targets, countersign.too_many_holds, countersign.notices, countersign.notice_attempts from public;
revoke all on function countersign.is_told, countersign.tell_of_hold, countersign.tell_of_too_many from public;
grant execute on function countersign.tell_of_too_many to countersign_gateway;
grant select on countersign.too_many_holds to countersign_console, countersign_auditor;
grant select, insert, update (name, address, setup, sealed, key, events, enabled, revision, changed_by, changed_at), delete
  on countersign.notice_targets to countersign_console;
grant select, insert, update (state, attempts, attempts_left, next_at, ended_at), delete on countersign.notices to countersign_console;
grant select, insert on countersign.notice_attempts to countersign_console;
