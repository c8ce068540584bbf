-- People decide about holds: their votes, the claim that uses an approval once, grants that let calls of one shape through, and groups.
-- A gateway believes no vote without its signature; these guards keep what was written, whoever asks.
alter table countersign.holds
  -- Why a rule asks people, as it was told to the agent; may quote the call.
  add column reason text not null default '' check (octet_length(reason) <= 16384),
  add column policy_name text,
  add column policy_version integer,
  -- The user whose token the agent carries: they don't approve their own calls.
  add column owner text,
  -- The escalate decision stands at this number of the chain of `opened_by`.
  add column decision_seq bigint,
  add column claimed_by text check (claimed_by ~ '^[0-9a-f]{32}$'),
  add column claimed_at timestamptz,
  -- False where the gateway that held the call keeps no clear text: then what it carries goes when the hold ends.
  add column keeps_clear boolean not null default true,
  add constraint holds_claim check ((claimed_by is null) = (claimed_at is null)),
  add constraint holds_claimed check (state <> 'claimed' or claimed_by is not null);

-- What ends next, whatever it waits for: a sweep looks at what is due and at nothing else.
create index holds_due on countersign.holds (coalesce(use_by, decide_by)) where state in ('held', 'approved');
create index holds_waiting on countersign.holds (decide_by, id) where state = 'held';
create index holds_granted on countersign.holds (use_by, id) where state in ('approved', 'claimed');
create index holds_over on countersign.holds (ended_at, id) where ended_at is not null;
create index holds_claimed_by on countersign.holds (claimed_by) where state = 'claimed';
-- Names are of any length, and an index entry is not: their hashes are.
create index holds_of on countersign.holds (md5(principal)) where state in ('held', 'approved');
create index holds_agreed on countersign.holds (md5(tool || E'\n' || server || E'\n' || principal), decided_at) where use_by is not null;

create trigger holds_stay before delete or truncate on countersign.holds
  for each statement execute function countersign.refuse_rewrite();
alter table countersign.holds enable always trigger holds_stay;

-- core/approval/states.ts is the same table; a test compares them cell by cell.
create or replace function countersign.may_move_hold(p_from text, p_to text) returns boolean
language sql stable set search_path = pg_catalog, pg_temp as $$
  select exists (
    select from (values
      ('held', 'approved', 'countersign_console'), ('held', 'denied', 'countersign_console'),
      ('held', 'expired', 'countersign_gateway'), ('held', 'expired', 'countersign_console'),
      ('held', 'cancelled', 'countersign_gateway'), ('held', 'cancelled', 'countersign_console'),
      ('approved', 'claimed', 'countersign_gateway'), ('approved', 'cancelled', 'countersign_gateway'),
      ('approved', 'expired', 'countersign_gateway'), ('approved', 'expired', 'countersign_console'),
      ('approved', 'revoked', 'countersign_gateway'), ('approved', 'revoked', 'countersign_console'),
      ('claimed', 'done', 'countersign_gateway'), ('claimed', 'failed', 'countersign_gateway'),
      ('claimed', 'unknown', 'countersign_gateway'), ('claimed', 'unknown', 'countersign_console')
    ) as move (source, target, mover)
    where source = p_from and target = p_to and pg_has_role(current_user, mover, 'member'))
$$;

-- When it was decided and until when it may be used is said once, who claimed it is said by the claim, and neither after its time.
-- What a call carries goes with its end where it is not to be kept, whoever ends it: no login may empty it, and no end can forget to.
create or replace function countersign.guard_hold() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  moving text[] := array['state', 'ended_at', 'because'];
begin
  if tg_op = 'INSERT' then
    if new.state <> 'held' or new.use_by is not null or new.decided_at is not null or new.claimed_by is not null then
      raise exception 'a hold begins as held' using errcode = 'insufficient_privilege';
    end if;
    return new;
  end if;
  if not countersign.may_move_hold(old.state, new.state) then
    raise exception 'a hold does not go from % to % by this login', old.state, new.state using errcode = 'insufficient_privilege';
  end if;
  if old.state = 'held' then
    moving := moving || array['use_by', 'decided_at'];
  end if;
  if new.state = 'claimed' then
    moving := moving || array['claimed_by', 'claimed_at'];
  end if;
  if to_jsonb(new) - moving <> to_jsonb(old) - moving then
    raise exception 'what a hold is about is never changed' using errcode = 'insufficient_privilege';
  end if;
  if new.state = 'approved' and (old.decide_by <= clock_timestamp() or new.use_by > clock_timestamp() + old.use_within_ms * interval '1 millisecond')
    or new.state = 'claimed' and old.use_by <= clock_timestamp() then
    raise exception 'the time of hold % is over', old.id using errcode = 'insufficient_privilege';
  end if;
  if new.ended_at is not null and not new.keeps_clear then
    new.arguments := '';
    new.params := '';
    new.reason := '';
  end if;
  return new;
end $$;
--> statement-breakpoint

-- One vote of one person on one call as they saw it. `statement` is what was signed; the other columns repeat it to be read by.
create table countersign.votes (
  hold text not null references countersign.holds,
  voter text not null references countersign.users,
  verdict text not null check (verdict in ('approve', 'deny')),
  reason text not null check (octet_length(reason) <= 8192),
  binding text not null check (binding ~ '^[0-9a-f]{64}$'),
  displayed text not null check (displayed ~ '^[0-9a-f]{64}$'),
  cast_at timestamptz not null default clock_timestamp(),
  writer text not null check (writer ~ '^[0-9a-f]{32}$'),
  statement text not null,
  signature bytea not null check (length(signature) = 64),
  host text not null,
  certificate text not null,
  primary key (hold, voter)
);
create index votes_of on countersign.votes (voter, cast_at);
create trigger votes_stay before update or delete or truncate on countersign.votes
  for each statement execute function countersign.refuse_rewrite();
alter table countersign.votes enable always trigger votes_stay;

-- The hold stays as it is until the voter's transaction ends: a vote is on a call that waits, or it is not there.
create function countersign.guard_vote() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  perform from countersign.holds h
    where h.id = new.hold and h.state = 'held' and h.binding = new.binding and h.decide_by > clock_timestamp()
    for share;
  if not found then
    raise exception 'hold % does not wait for this vote', new.hold using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create trigger votes_guard before insert on countersign.votes for each row execute function countersign.guard_vote();
alter table countersign.votes enable always trigger votes_guard;

-- That somebody had the arguments of a held call shown is recorded once.
create table countersign.hold_looks (
  hold text not null references countersign.holds,
  person text not null references countersign.users,
  looked_at timestamptz not null default clock_timestamp(),
  primary key (hold, person)
);
--> statement-breakpoint

-- A policy names them as approvers. A role's name means the role, so no group has one.
create table countersign.groups (
  name text primary key check (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$' and name not in ('viewer', 'author', 'approver', 'auditor', 'admin')),
  created_at timestamptz not null default clock_timestamp()
);
create table countersign.group_members (
  group_name text not null references countersign.groups,
  user_id text not null references countersign.users,
  added_at timestamptz not null default clock_timestamp(),
  primary key (group_name, user_id)
);
create index group_members_of on countersign.group_members (user_id);
--> statement-breakpoint

-- Calls of one shape that somebody let through in advance, a few times and for a while. `shape` is JSON as it was signed.
create table countersign.hold_grants (
  id text primary key check (id ~ '^G-[0-9A-HJKMNP-TV-Z]{10}$'),
  hold text not null references countersign.holds,
  principal text not null,
  server text not null,
  tool text not null check (json_typeof(tool::json) = 'string'),
  pin text,
  policy text not null check (policy ~ '^[0-9a-f]{64}$'),
  guardrail text,
  rule text not null,
  approvals jsonb not null,
  shape text not null check (octet_length(shape) <= 262144),
  uses integer not null check (uses between 1 and 1000),
  used integer not null default 0 check (used between 0 and uses),
  made_by text not null references countersign.users,
  made_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  ended_at timestamptz,
  ended_by text,
  ended_because text check (ended_because in ('revoked', 'expired')),
  writer text not null check (writer ~ '^[0-9a-f]{32}$'),
  statement text not null,
  signature bytea not null check (length(signature) = 64),
  host text not null,
  certificate text not null,
  check ((ended_at is null) = (ended_because is null)),
  check (expires_at <= made_at + interval '8 hours')
);
create index hold_grants_open on countersign.hold_grants (expires_at) where ended_at is null;
create index hold_grants_for on countersign.hold_grants (md5(principal)) where ended_at is null;
-- Which calls a grant let through, and whether it has ended, by the log.
create index entries_grant_uses on countersign.entries (substring(body from '"grant":"(G-[0-9A-HJKMNP-TV-Z]{10})"'))
  where type in ('grant.used', 'grant.revoked', 'grant.expired');
create trigger hold_grants_stay before delete or truncate on countersign.hold_grants
  for each statement execute function countersign.refuse_rewrite();
alter table countersign.hold_grants enable always trigger hold_grants_stay;

-- A grant is used one at a time while it lasts, ends once, and stays as it was made. Only people revoke.
create function countersign.guard_grant() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  moving constant text[] := array['used', 'ended_at', 'ended_by', 'ended_because'];
begin
  if tg_op = 'INSERT' then
    if new.used <> 0 or new.ended_at is not null then
      raise exception 'a grant begins unused' using errcode = 'insufficient_privilege';
    end if;
    return new;
  end if;
  if old.ended_at is not null or to_jsonb(new) - moving <> to_jsonb(old) - moving
    or new.used <> old.used and (new.used <> old.used + 1 or new.ended_at is not null or old.expires_at <= clock_timestamp())
    or new.ended_because = 'revoked' and not pg_has_role(current_user, 'countersign_console', 'member') then
    raise exception 'grant % can not be changed like that', old.id using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create trigger hold_grants_guard before insert or update on countersign.hold_grants
  for each row execute function countersign.guard_grant();
alter table countersign.hold_grants enable always trigger hold_grants_guard;
--> statement-breakpoint

-- Who voted, as they are now, and so until the caller's transaction ends. A gateway sees nothing else of people.
create function countersign.hold_voters(p_hold text)
returns table (id text, email text, is_enabled boolean, roles text, groups text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform from countersign.users u where u.id in (select v.voter from countersign.votes v where v.hold = p_hold) order by u.id for share;
  return query
    select u.id, u.email, u.disabled_at is null, array_to_string(u.roles, ','),
      (select coalesce(string_agg(m.group_name, ','), '') from countersign.group_members m where m.user_id = u.id)
    from countersign.users u join countersign.votes v on v.voter = u.id where v.hold = p_hold order by u.id;
end $$;

-- The same of whoever made a grant.
create function countersign.grant_maker(p_grant text)
returns table (id text, email text, is_enabled boolean, roles text, groups text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform from countersign.users u join countersign.hold_grants g on g.made_by = u.id where g.id = p_grant for share of u;
  return query
    select u.id, u.email, u.disabled_at is null, array_to_string(u.roles, ','),
      (select coalesce(string_agg(m.group_name, ','), '') from countersign.group_members m where m.user_id = u.id)
    from countersign.users u join countersign.hold_grants g on g.made_by = u.id where g.id = p_grant;
end $$;

-- Where people find this console, as it said itself when it started: for links.
alter table countersign.settings add column console_url text check (console_url ~ '^https?://[!-~]+$' and octet_length(console_url) <= 1000);
create function countersign.console_url() returns text language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select console_url from countersign.settings
$$;
--> statement-breakpoint

-- db/grants.ts says the same as data.
revoke all on countersign.votes, countersign.hold_looks, countersign.groups, countersign.group_members, countersign.hold_grants from public;
revoke all on function countersign.guard_vote(), countersign.guard_grant(), countersign.hold_voters(text), countersign.grant_maker(text),
  countersign.console_url() from public;
grant select on countersign.votes, countersign.hold_grants to countersign_gateway, countersign_console, countersign_auditor;
grant select on countersign.hold_looks, countersign.groups, countersign.group_members to countersign_console, countersign_auditor;
grant insert on countersign.votes, countersign.hold_looks, countersign.groups, countersign.group_members, countersign.hold_grants
  to countersign_console;
grant delete on countersign.group_members to countersign_console;
grant update (claimed_by, claimed_at) on countersign.holds to countersign_gateway;
grant update (used, ended_at, ended_by, ended_because) on countersign.hold_grants to countersign_gateway;
grant update (ended_at, ended_by, ended_because) on countersign.hold_grants to countersign_console;
grant update (console_url) on countersign.settings to countersign_console;
grant execute on function countersign.hold_voters(text), countersign.grant_maker(text), countersign.console_url()
  to countersign_gateway, countersign_console;
