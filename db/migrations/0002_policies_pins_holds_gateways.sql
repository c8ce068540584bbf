-- Policies: versions nobody changes, and publications that say which of them are in force. A gateway believes none of it without the
-- publisher's signature; these guards are for honest mistakes.
create table countersign.policies (
  name text primary key check (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
  kind text not null check (kind in ('policy', 'guardrail')),
  created_at timestamptz not null default clock_timestamp()
);

-- `document` is what `digest` is of: the parsed text as canonical JSON. A gateway reads that, and the text only where it does not fit.
create table countersign.policy_versions (
  name text not null references countersign.policies,
  version integer not null check (version > 0),
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  yaml text not null check (octet_length(yaml) <= 262144),
  yaml_sha256 text not null check (yaml_sha256 = encode(sha256(convert_to(yaml, 'UTF8')), 'hex')),
  document text,
  author text not null,
  message text not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (name, version)
);

-- `contents` repeats the signed statement as version numbers, so that reading one policy never parses text a superuser may have bent.
create table countersign.publications (
  epoch bigint primary key check (epoch > 0),
  statement text not null,
  signature bytea not null,
  certificate text not null,
  contents jsonb not null check (jsonb_typeof(contents -> 'policies') = 'object'),
  published_by text not null,
  message text not null,
  published_at timestamptz not null default clock_timestamp()
);

create trigger policies_stay before update or delete or truncate on countersign.policies
  for each statement execute function countersign.refuse_rewrite();
create trigger policy_versions_stay before update or delete or truncate on countersign.policy_versions
  for each statement execute function countersign.refuse_rewrite();
create trigger publications_stay before update or delete or truncate on countersign.publications
  for each statement execute function countersign.refuse_rewrite();
alter table countersign.policies enable always trigger policies_stay;
alter table countersign.policy_versions enable always trigger policy_versions_stay;
alter table countersign.publications enable always trigger publications_stay;
--> statement-breakpoint

-- The epoch to sign next. Whoever asked holds it until the end of the transaction: two publishers never sign the same one.
create function countersign.next_epoch() returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform pg_advisory_xact_lock(7272740002);
  return (select coalesce(max(epoch), 0) + 1 from countersign.publications);
end $$;

-- Keeps a text as the next version of its name, in one answer: its number, and the kind the name belongs to (no number where that is the
-- other kind). The same text as the newest version's is that version again. Runs with the caller's own rights.
create function countersign.keep_version(
  p_name text, p_kind text, p_digest text, p_yaml text, p_yaml_sha256 text, p_document text, p_author text, p_message text,
  out kind text, out version integer
) language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  v_newest countersign.policy_versions;
begin
  -- Until the transaction ends nobody else adds a version, of any name.
  perform countersign.next_epoch();
  insert into countersign.policies (name, kind) values (p_name, p_kind) on conflict do nothing;
  select p.kind into kind from countersign.policies p where p.name = p_name;
  if kind <> p_kind then
    return;
  end if;
  select * into v_newest from countersign.policy_versions v where v.name = p_name order by v.version desc limit 1;
  version := coalesce(v_newest.version, 0);
  if (v_newest.yaml_sha256, v_newest.digest) is distinct from (p_yaml_sha256, p_digest) then
    version := version + 1;
    insert into countersign.policy_versions (name, version, digest, yaml, yaml_sha256, document, author, message)
      values (p_name, version, p_digest, p_yaml, p_yaml_sha256, p_document, p_author, p_message);
  end if;
end $$;

-- CS010: somebody published meanwhile; none is left out, or one login could leave no number to anybody after it. Gateways are told when the transaction commits, if it does.
create function countersign.publish(
  p_epoch bigint, p_statement text, p_signature bytea, p_certificate text, p_contents jsonb, p_by text, p_message text
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if p_epoch <> countersign.next_epoch() then
    raise exception 'epoch % does not follow the last one published', p_epoch using errcode = 'CS010';
  end if;
  insert into countersign.publications (epoch, statement, signature, certificate, contents, published_by, message)
    values (p_epoch, p_statement, p_signature, p_certificate, p_contents, p_by, p_message);
  perform pg_notify('countersign_policy', p_epoch::text);
end $$;
--> statement-breakpoint

-- One row a server that was ever listed: the race for its baseline is won here. `upstream` is the digest of its argv or URL.
create table countersign.pin_baselines (
  server text primary key,
  upstream text not null check (upstream ~ '^[0-9a-f]{64}$'),
  recorded_at timestamptz not null default clock_timestamp()
);

-- Every definition a tool was seen with. Tool names are hostile and of any length, so they are kept as JSON and keyed by hash:
-- every gateway reads them, and must not choke on what one login stored.
create table countersign.pins (
  server text not null references countersign.pin_baselines,
  tool_hash text not null check (tool_hash = encode(sha256(convert_to(tool, 'UTF8')), 'hex')),
  tool text not null check (json_typeof(tool::json) = 'string'),
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  upstream text not null check (upstream ~ '^[0-9a-f]{64}$'),
  definition bytea not null,
  state text not null check (state in ('baseline', 'accepted', 'pending', 'replaced')),
  seen_at timestamptz not null default clock_timestamp(),
  accepted_at timestamptz,
  accepted_by text,
  primary key (server, tool_hash, digest, upstream),
  check ((accepted_by is null) = (accepted_at is null)),
  check (state <> 'accepted' or accepted_by is not null)
);
create unique index pins_in_force on countersign.pins (server, tool_hash) where state in ('baseline', 'accepted');

-- A gateway records what it saw, and that a replaced definition is back; only people accept. The definition of a row never changes.
create function countersign.guard_pin() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if not pg_has_role(current_user, 'countersign_console', 'member')
    and not (tg_op = 'INSERT' and new.state in ('baseline', 'pending'))
    and not (tg_op = 'UPDATE' and old.state = 'replaced' and new.state = 'pending') then
    raise exception 'a pin is accepted by people' using errcode = 'insufficient_privilege';
  end if;
  if tg_op = 'UPDATE' and (new.server, new.tool, new.digest, new.upstream, new.definition)
    is distinct from (old.server, old.tool, old.digest, old.upstream, old.definition) then
    raise exception 'the definition behind a pin is never changed' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create trigger pins_guard before insert or update on countersign.pins for each row execute function countersign.guard_pin();
alter table countersign.pins enable always trigger pins_guard;
--> statement-breakpoint

-- A call that waits for people. `arguments` and `params` are the bytes that came; they are what is forwarded.
create table countersign.holds (
  id text primary key check (id ~ '^H-[0-9A-HJKMNP-TV-Z]{10}$'),
  call text not null unique check (call ~ '^[0-9a-f]{32}$'),
  opened_by text not null,
  state text not null default 'held'
    check (state in ('held', 'approved', 'denied', 'expired', 'cancelled', 'revoked', 'claimed', 'done', 'failed', 'unknown')),
  likeness text not null check (likeness ~ '^[0-9a-f]{64}$'),
  binding text not null unique check (binding ~ '^[0-9a-f]{64}$'),
  principal text not null,
  assurance text not null check (assurance in ('asserted', 'authenticated')),
  server text not null,
  session text,
  tool text not null check (json_typeof(tool::json) = 'string'),
  arguments bytea not null,
  params bytea not null,
  pin text,
  policy text not null,
  guardrail text,
  epoch bigint not null,
  rule text not null,
  nonce text not null,
  approvals jsonb not null,
  opened_at timestamptz not null default clock_timestamp() check (opened_at between '2000-01-01Z' and '9999-01-01Z'),
  decide_by timestamptz not null check (decide_by between '2000-01-01Z' and '9999-01-01Z'),
  use_within_ms bigint not null check (use_within_ms > 0),
  use_by timestamptz,
  decided_at timestamptz,
  ended_at timestamptz,
  because text,
  check ((state in ('held', 'approved', 'claimed')) = (ended_at is null)),
  check (state not in ('approved', 'claimed', 'done', 'failed', 'unknown') or (use_by is not null and decided_at is not null))
);
create index holds_open on countersign.holds (decide_by) where state in ('held', 'approved');
create index holds_alike on countersign.holds (likeness, opened_at);

-- The state machine, and who may move a hold along which edge.
create function countersign.may_move_hold(p_from text, p_to text) returns boolean
language sql stable set search_path = pg_catalog, pg_temp as $$
  select exists (
    select from (values
      ('held', 'approved', 'countersign_console'), ('held', 'denied', 'countersign_console'),
      ('held', 'expired', 'countersign_gateway'), ('held', 'expired', 'countersign_console'),
      ('held', 'cancelled', 'countersign_gateway'), ('held', 'cancelled', 'countersign_console'),
      ('approved', 'claimed', 'countersign_gateway'),
      ('approved', 'expired', 'countersign_gateway'), ('approved', 'expired', 'countersign_console'),
      ('approved', 'revoked', 'countersign_gateway'), ('approved', 'revoked', 'countersign_console'),
      ('claimed', 'done', 'countersign_gateway'), ('claimed', 'failed', 'countersign_gateway'),
      ('claimed', 'unknown', 'countersign_gateway'), ('claimed', 'unknown', 'countersign_console')
    ) as move (source, target, mover)
    where source = p_from and target = p_to and pg_has_role(current_user, mover, 'member'))
$$;

create function countersign.guard_hold() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  moving constant text[] := array['state', 'use_by', 'decided_at', 'ended_at', 'because'];
begin
  if tg_op = 'INSERT' then
    if new.state <> 'held' then
      raise exception 'a hold begins as held' using errcode = 'insufficient_privilege';
    end if;
  elsif not countersign.may_move_hold(old.state, new.state) then
    raise exception 'a hold does not go from % to % by this login', old.state, new.state using errcode = 'insufficient_privilege';
  elsif to_jsonb(new) - moving <> to_jsonb(old) - moving then
    raise exception 'what a hold is about is never changed' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create trigger holds_guard before insert or update on countersign.holds for each row execute function countersign.guard_hold();
alter table countersign.holds enable always trigger holds_guard;
--> statement-breakpoint

-- What each gateway says it enforces, as of `last_seen` by this clock.
create table countersign.gateways (
  id text primary key check (id ~ '^[0-9a-f]{32}$'),
  host text not null,
  version text not null,
  server text not null,
  policy text not null,
  digest text,
  guardrail text,
  epoch bigint,
  state text not null check (state in ('starting', 'enforcing', 'degraded', 'stopped')),
  because text,
  started_at timestamptz not null default clock_timestamp(),
  last_seen timestamptz not null default clock_timestamp()
);
create index gateways_seen on countersign.gateways (last_seen);
