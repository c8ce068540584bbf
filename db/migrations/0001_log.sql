-- The log: one row names it, one head row per writer, entries that nobody changes, clear text beside them.
-- Everything here is reached by functions that check the writer's lock, its token and its head; 0003_grants says who may call them.

create table countersign.log (
  one boolean primary key default true check (one),
  id text not null check (id ~ '^[0-9a-f]{32}$'),
  created_at timestamptz not null default now()
);

-- fillfactor leaves room for heap-only updates: this row changes with every batch and no index may notice.
create table countersign.writers (
  id text primary key check (id ~ '^[0-9a-f]{32}$'),
  role text not null check (role in ('gateway', 'console', 'sealer')),
  token_hash bytea not null check (length(token_hash) = 32),
  head_seq bigint not null default 0,
  head_hash text not null default repeat('0', 64),
  opened_at timestamptz not null default clock_timestamp(),
  heartbeat_at timestamptz not null default clock_timestamp(),
  closed_at timestamptz,
  closed_by text
) with (fillfactor = 50);
--> statement-breakpoint

create table countersign.entries (
  writer text not null,
  seq bigint not null,
  recorded_at timestamptz not null,
  type text not null,
  call text,
  outcome text,
  server text,
  tool text,
  principal text,
  body text not null,
  batch_first bigint,
  signature bytea,
  primary key (writer, seq, recorded_at)
) partition by range (recorded_at);
create index entries_call on countersign.entries (call) where call is not null;
-- By time alone: the rows of a batch share it, so they share one posting list, and a reader sorts what little ties.
create index entries_decisions on countersign.entries (recorded_at) where type = 'decision';
create table countersign.entries_default partition of countersign.entries default;

-- Retention, redaction and erasure work here and nowhere else: nothing in this table is hashed.
create table countersign.disclosures (
  writer text not null,
  seq bigint not null,
  name text not null,
  salt bytea not null,
  content bytea,
  primary key (writer, seq, name)
);
--> statement-breakpoint

-- Row by row on entries, because only row triggers follow into partitions.
create trigger entries_stay before update or delete on countersign.entries for each row execute function countersign.refuse_rewrite();
create trigger entries_keep before truncate on countersign.entries for each statement execute function countersign.refuse_rewrite();
create trigger writers_stay before delete or truncate on countersign.writers for each statement execute function countersign.refuse_rewrite();
create trigger log_stays before update or delete or truncate on countersign.log for each statement execute function countersign.refuse_rewrite();
alter table countersign.entries enable always trigger entries_stay;
alter table countersign.entries enable always trigger entries_keep;
alter table countersign.writers enable always trigger writers_stay;
alter table countersign.log enable always trigger log_stays;
--> statement-breakpoint

-- A partition is reachable by its own name: it needs its own guards and its own revokes.
create function countersign.guard_partition(p_name text) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  execute format('create trigger entries_keep before truncate on countersign.%I for each statement execute function countersign.refuse_rewrite()', p_name);
  execute format('alter table countersign.%I enable always trigger entries_keep', p_name);
  execute format('alter table countersign.%I enable always trigger entries_stay', p_name);
  execute format('revoke all on countersign.%I from public', p_name);
end $$;
select countersign.guard_partition('entries_default');

-- Months from now to `p_ahead` months ahead, by the database's clock in UTC. A month whose rows already fell into the default partition
-- stays there. Answers how many were made.
create function countersign.create_months(p_ahead integer default 3) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_month timestamp := date_trunc('month', clock_timestamp() at time zone 'UTC');
  v_name text;
  v_made integer := 0;
begin
  perform pg_advisory_xact_lock(7272740001);
  for i in 0 .. least(greatest(p_ahead, 0), 24) loop
    v_name := 'entries_' || to_char(v_month, 'YYYY_MM');
    if to_regclass('countersign.' || v_name) is null and not exists (
      select from countersign.entries_default
      where recorded_at >= v_month at time zone 'UTC' and recorded_at < (v_month + interval '1 month') at time zone 'UTC'
    ) then
      -- LIKE and ATTACH rather than PARTITION OF: appends to other months go on meanwhile.
      execute format('create table countersign.%I (like countersign.entries including defaults including constraints)', v_name);
      execute format('alter table countersign.entries attach partition countersign.%I for values from (%L) to (%L)',
        v_name, v_month at time zone 'UTC', (v_month + interval '1 month') at time zone 'UTC');
      perform countersign.guard_partition(v_name);
      v_made := v_made + 1;
    end if;
    v_month := v_month + interval '1 month';
  end loop;
  return v_made;
end $$;
select countersign.create_months(3);
--> statement-breakpoint

create function countersign.writer_lock(p_writer text) returns bigint language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp as $$ select ('x' || left(p_writer, 16))::bit(64)::bigint $$;

-- A new writer: its head row, and its lock for as long as this session lives. A login opens writers of its own role only; the owner may
-- open any.
create function countersign.open_writer(p_writer text, p_role text, p_token text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if not pg_has_role(session_user, 'countersign_' || p_role, 'member') and not pg_has_role(session_user, current_user, 'member') then
    raise exception '% is no member of countersign_%', session_user, p_role using errcode = 'insufficient_privilege';
  end if;
  if not pg_try_advisory_lock(countersign.writer_lock(p_writer)) then
    raise exception 'the lock of writer % is held', p_writer using errcode = 'lock_not_available';
  end if;
  insert into countersign.writers (id, role, token_hash) values (p_writer, p_role, sha256(convert_to(p_token, 'UTF8')));
end $$;

-- After a lost connection: the lock again, and where the head is. state: 'ours', 'busy' (the old session still lives) or 'over'
-- (closed from outside, or not this token's).
create function countersign.retake_writer(p_writer text, p_token text)
returns table (state text, head_seq bigint, head_hash text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_head countersign.writers;
begin
  if not pg_try_advisory_lock(countersign.writer_lock(p_writer)) then
    return query select 'busy', 0::bigint, '';
    return;
  end if;
  select * into v_head from countersign.writers w where w.id = p_writer and w.token_hash = sha256(convert_to(p_token, 'UTF8'));
  if v_head.id is null or v_head.closed_at is not null then
    perform pg_advisory_unlock(countersign.writer_lock(p_writer));
    return query select 'over', coalesce(v_head.head_seq, 0), coalesce(v_head.head_hash, '');
    return;
  end if;
  return query select 'ours', v_head.head_seq, v_head.head_hash;
end $$;
--> statement-breakpoint

-- One batch, one statement. The columns come as newline-joined text (no entry contains a raw newline; empty means null). The lock alone is
-- no identity and the token alone no liveness: both are asked, and the head moves by compare-and-swap.
-- CS001: this writer is over. CS002: the head is not where the writer left it.
create function countersign.append(
  p_writer text, p_token text, p_first bigint, p_count integer, p_prev text, p_head text, p_signature text,
  p_types text, p_calls text, p_outcomes text, p_servers text, p_tools text, p_principals text, p_bodies text
) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_now timestamptz := clock_timestamp();
  v_rows integer;
begin
  -- A batch of none would move the head's hash and leave no trace.
  if p_count < 1 then
    raise exception 'a batch of % entries', p_count using errcode = 'data_exception';
  end if;
  if not pg_try_advisory_xact_lock(('x' || left(p_writer, 16))::bit(64)::bigint) then
    raise exception 'the lock of writer % is held by another session', p_writer using errcode = 'CS001';
  end if;
  update countersign.writers set head_seq = p_first + p_count - 1, head_hash = p_head, heartbeat_at = v_now
    where id = p_writer and head_seq = p_first - 1 and head_hash = p_prev and closed_at is null
      and token_hash = sha256(convert_to(p_token, 'UTF8'));
  if not found then
    perform from countersign.writers
      where id = p_writer and closed_at is null and token_hash = sha256(convert_to(p_token, 'UTF8'));
    if found then
      raise exception 'writer % is not at entry %', p_writer, p_first - 1 using errcode = 'CS002';
    end if;
    raise exception 'writer % is closed', p_writer using errcode = 'CS001';
  end if;
  -- One caller's latency is this path: no arrays to take apart.
  if p_count = 1 then
    insert into countersign.entries (writer, seq, recorded_at, type, call, outcome, server, tool, principal, body, batch_first, signature)
      values (p_writer, p_first, v_now, p_types, nullif(p_calls, ''), nullif(p_outcomes, ''), nullif(p_servers, ''), nullif(p_tools, ''),
        nullif(p_principals, ''), p_bodies, p_first, decode(p_signature, 'hex'));
    return;
  end if;
  insert into countersign.entries (writer, seq, recorded_at, type, call, outcome, server, tool, principal, body, batch_first, signature)
    select p_writer, p_first + n - 1, v_now, t, c, o, s, l, p, b,
      case when n = p_count then p_first end, case when n = p_count then decode(p_signature, 'hex') end
    from unnest(
      string_to_array(p_types, E'\n'), string_to_array(p_calls, E'\n', ''), string_to_array(p_outcomes, E'\n', ''),
      string_to_array(p_servers, E'\n', ''), string_to_array(p_tools, E'\n', ''), string_to_array(p_principals, E'\n', ''),
      string_to_array(p_bodies, E'\n')
    ) with ordinality as batch (t, c, o, s, l, p, b, n);
  get diagnostics v_rows = row_count;
  if v_rows <> p_count then
    raise exception 'a batch of % entries came as %', p_count, v_rows using errcode = 'data_exception';
  end if;
end $$;

-- The same with clear text. Kept apart so that a batch without any pays nothing for it. A content is '=' and UTF-8 text of one line,
-- or '#' and hexadecimal, or '-' for null.
create function countersign.append_disclosing(
  p_writer text, p_token text, p_first bigint, p_count integer, p_prev text, p_head text, p_signature text,
  p_types text, p_calls text, p_outcomes text, p_servers text, p_tools text, p_principals text, p_bodies text,
  p_seqs text, p_names text, p_salts text, p_contents text
) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform countersign.append(p_writer, p_token, p_first, p_count, p_prev, p_head, p_signature,
    p_types, p_calls, p_outcomes, p_servers, p_tools, p_principals, p_bodies);
  insert into countersign.disclosures (writer, seq, name, salt, content)
    select p_writer, q::bigint, m, decode(s, 'hex'),
      case left(c, 1) when '=' then convert_to(substr(c, 2), 'UTF8') when '#' then decode(substr(c, 2), 'hex') end
    from unnest(string_to_array(p_seqs, E'\n'), string_to_array(p_names, E'\n'), string_to_array(p_salts, E'\n'),
      string_to_array(p_contents, E'\n')) as disclosed (q, m, s, c)
    where q::bigint between p_first and p_first + p_count - 1;
end $$;
--> statement-breakpoint

-- A quiet writer's sign of life, by the database's clock. False: this writer is over.
create function countersign.heartbeat(p_writer text, p_token text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update countersign.writers set heartbeat_at = clock_timestamp()
    where id = p_writer and closed_at is null and token_hash = sha256(convert_to(p_token, 'UTF8'));
  return found;
end $$;

-- The owner's own end, in the transaction of its `writer.close` entry.
create function countersign.close_writer(p_writer text, p_token text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update countersign.writers set closed_at = clock_timestamp(), closed_by = p_writer
    where id = p_writer and closed_at is null and token_hash = sha256(convert_to(p_token, 'UTF8'));
  return found;
end $$;

-- Closes a writer whose lock is free and whose heartbeat is older than 15 s by this clock. `p_closer` is the caller's own live writer, as
-- its token shows; this session holds its lock, and it appends `writer.lost` in the same transaction. Answers the head, or nothing when
-- there is nothing to close: of two who race, one.
create function countersign.close_orphan(p_orphan text, p_closer text, p_token text)
returns table (head_seq bigint, head_hash text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform from countersign.writers
    where id = p_closer and closed_at is null and token_hash = sha256(convert_to(p_token, 'UTF8'));
  if not found or p_orphan = p_closer or not pg_try_advisory_xact_lock(countersign.writer_lock(p_closer)) then
    raise exception 'only a live writer closes another' using errcode = 'CS001';
  end if;
  if not pg_try_advisory_xact_lock(countersign.writer_lock(p_orphan)) then
    return;
  end if;
  return query update countersign.writers w set closed_at = clock_timestamp(), closed_by = p_closer
    where w.id = p_orphan and w.closed_at is null and w.heartbeat_at < clock_timestamp() - interval '15 seconds'
    returning w.head_seq, w.head_hash;
end $$;

-- The first host names the log; whoever comes later must agree. Answers the log's id.
create function countersign.name_log(p_id text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into countersign.log (id) values (p_id) on conflict do nothing;
  return (select id from countersign.log);
end $$;
--> statement-breakpoint

revoke all on all tables in schema countersign from public;
revoke all on function
  countersign.guard_partition(text), countersign.create_months(integer), countersign.writer_lock(text),
  countersign.open_writer(text, text, text), countersign.retake_writer(text, text),
  countersign.append(text, text, bigint, integer, text, text, text, text, text, text, text, text, text, text),
  countersign.append_disclosing(text, text, bigint, integer, text, text, text, text, text, text, text, text, text, text, text, text, text, text),
  countersign.heartbeat(text, text), countersign.close_writer(text, text), countersign.close_orphan(text, text, text),
  countersign.name_log(text)
from public;
grant execute on function
  countersign.create_months(integer), countersign.open_writer(text, text, text), countersign.retake_writer(text, text),
  countersign.append(text, text, bigint, integer, text, text, text, text, text, text, text, text, text, text),
  countersign.append_disclosing(text, text, bigint, integer, text, text, text, text, text, text, text, text, text, text, text, text, text, text),
  countersign.heartbeat(text, text), countersign.close_writer(text, text), countersign.close_orphan(text, text, text),
  countersign.name_log(text)
to countersign_gateway, countersign_console;
