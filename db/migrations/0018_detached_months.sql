-- Months of entries that left the log's table. Their rows stay in a schema of their own until the owner drops them; their hashes, their
-- places and the openings of their writers stay where they are. Nothing here is believed: an entry of the log says what is detached.

create schema countersign_detached;
revoke all on schema countersign_detached from public;

-- A month is prepared, which takes as long as it takes, and then detached in the transaction of its entry, which stands at `writer`, `seq`.
-- `entries` and what follows is what the entry says; `stretches` is the digest of core/audit/detached.ts over the rows of detached_stretches.
create table countersign.detached_months (
  month text primary key check (month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'),
  prepared_at timestamptz not null default now(),
  detached_at timestamptz,
  attaching_at timestamptz,
  entries bigint not null check (entries > 0),
  writers bigint not null,
  first bigint not null,
  last bigint not null,
  stretches text not null check (stretches ~ '^[0-9a-f]{64}$'),
  because text check (length(because) between 1 and 256),
  actor text,
  writer text,
  seq bigint,
  check (num_nonnulls(detached_at, because, actor, writer, seq) in (0, 5))
);

-- Entries `low` to `high` of a writer.
create table countersign.detached_stretches (
  month text not null,
  writer text not null,
  low bigint not null check (low > 1),
  high bigint not null check (high >= low),
  primary key (month, writer)
);
create index detached_stretches_writer on countersign.detached_stretches (writer, low);
--> statement-breakpoint

-- The entries of a table that are not what the tree has at their place.
create function countersign.unlike_leaves(p_table text) returns bigint
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_unlike bigint;
begin
  execute format($query$
    select count(*) from %s e
    left join lateral (
      select r.first + e.seq - r.seq as n from countersign.seal_runs r
      where r.writer = e.writer and r.seq <= e.seq and e.seq < r.seq + r.count order by r.seq desc limit 1
    ) p on true
    left join countersign.tiles t on t.level = 0 and t.n = p.n / 256
    where substr(t.hashes, (p.n %% 256)::integer * 32 + 1, 32) is distinct from sha256('\x00'::bytea || convert_to(e.body, 'UTF8'))$query$,
    p_table) into v_unlike;
  return v_unlike;
end $$;

-- A legal hold in force, opened after `p_since`, that covers something recorded in a month; null where none does.
create function countersign.hold_on_month(p_name text, p_from timestamptz, p_to timestamptz, p_since timestamptz) returns text
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_hold countersign.legal_holds;
  v_covers boolean;
begin
  for v_hold in
    select * from countersign.legal_holds
    where lifted_at is null and opened_at > p_since and coalesce(since, '-infinity') < p_to and coalesce(until, 'infinity') > p_from order by opened_at
  loop
    execute format($query$
      select exists (
        select from countersign.%I e
        where e.seq > 1 and ($1 is null or e.call = $1) and ($2 is null or e.recorded_at >= $2) and ($3 is null or e.recorded_at < $3)
          and ($4 is null and $5 is null or exists (
            select from countersign.entries d where d.call = e.call and d.type = 'decision'
              and ($4 is null or d.server = $4) and ($5 is null or d.principal = $5))))$query$, p_name)
      into v_covers using v_hold.call, v_hold.since, v_hold.until, v_hold.server, v_hold.principal;
    if v_covers then
      return v_hold.id;
    end if;
  end loop;
  return null;
end $$;

-- Why a month must stay where it is; nothing where it need not. The words are for db/detachments.ts.
create function countersign.why_attached(p_month text, out problem text, out detail text)
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_from constant timestamptz := (p_month || '-01')::timestamp at time zone 'UTC';
  v_to constant timestamptz := ((p_month || '-01')::timestamp + interval '1 month') at time zone 'UTC';
  v_name constant text := 'entries_' || replace(p_month, '-', '_');
begin
  if exists (select from countersign.detached_months where month = p_month and detached_at is not null) then
    problem := 'detached';
    return;
  end if;
  -- What is being written now was begun by now: it is of this month, not of one that ended an hour ago.
  if v_to > clock_timestamp() - interval '1 hour' then
    problem := 'not over';
    return;
  end if;
  if not exists (
    select from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'countersign.entries'::regclass and c.relname = v_name and c.relnamespace = 'countersign'::regnamespace
  ) then
    problem := 'no month';
    return;
  end if;
  select 'older', to_char(e.recorded_at at time zone 'UTC', 'YYYY-MM') into problem, detail
    from countersign.entries e where e.recorded_at < v_from and e.seq > 1 limit 1;
  if problem is not null then
    return;
  end if;
  select 'kept', class into problem, detail from countersign.retention
    where days is not null and v_to + days * interval '1 day' > clock_timestamp() order by days desc, class limit 1;
  if problem is not null then
    return;
  end if;
  detail := countersign.hold_on_month(v_name, v_from, v_to, '-infinity');
  if detail is not null then
    problem := 'legal hold';
    return;
  end if;
  execute format($query$
    select 'clear text', count(*)::text from countersign.%I e join countersign.disclosures d on d.writer = e.writer and d.seq = e.seq
    where e.seq > 1 and d.salt <> '' having count(*) > 0$query$, v_name) into problem, detail;
end $$;

-- What is wrong with the stretches that were found in a month; nothing where they go on where those of the months before it end.
create function countersign.why_not_whole(p_month text, p_counted bigint, out problem text, out detail text)
language sql stable set search_path = pg_catalog, pg_temp as $$
  with before as (
    select s.writer, max(s.high) as high from countersign.detached_stretches s join countersign.detached_months m on m.month = s.month
    where m.detached_at is not null group by s.writer
  ), own as (select * from countersign.detached_stretches where month = p_month)
  select found.problem, found.detail from (
    select 1 as n, 'empty' as problem, null as detail where not exists (select from own)
    union all select 2, 'unsealed', min(o.writer) from own o left join countersign.seal_marks k on k.writer = o.writer
      where coalesce(k.seq, 0) < o.high having count(*) > 0
    union all select 3, 'order', min(o.writer) from own o left join before b on b.writer = o.writer
      where o.low <> coalesce(b.high, 1) + 1 having count(*) > 0
    union all select 4, 'gaps', null where p_counted <> (select sum(high - low + 1) from own)
    union all select 5, 'orphan', min(w.id) from own o join countersign.writers w on w.id = o.writer
      where w.closed_at is null and w.heartbeat_at < clock_timestamp() - interval '1 minute' having count(*) > 0
  ) found order by found.n limit 1
$$;
--> statement-breakpoint

-- Looks through a month and puts the openings of its writers where they will take its place. `problem` says why it can't be detached.
create function countersign.prepare_detach(p_month text, out problem text, out detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_from constant timestamptz := (p_month || '-01')::timestamp at time zone 'UTC';
  v_to constant timestamptz := ((p_month || '-01')::timestamp + interval '1 month') at time zone 'UTC';
  v_name constant text := 'entries_' || replace(p_month, '-', '_');
  v_openings constant text := 'openings_' || replace(p_month, '-', '_');
  v_counted bigint;
  v_unlike bigint;
begin
  if p_month !~ '^[0-9]{4}-(0[1-9]|1[0-2])$' then
    raise exception 'no month' using errcode = 'data_exception';
  end if;
  if not pg_try_advisory_xact_lock(7272740018) then
    problem := 'busy';
    return;
  end if;
  select w.problem, w.detail into problem, detail from countersign.why_attached(p_month) w;
  if problem is not null then
    return;
  end if;
  delete from countersign.detached_months where month = p_month;
  delete from countersign.detached_stretches where month = p_month;
  execute format($query$
    with of_writers as (select writer, min(seq) as low, max(seq) as high, count(*) as many from countersign.%I where seq <> 1 group by writer),
    kept as (
      insert into countersign.detached_stretches (month, writer, low, high)
      select $1, writer, low, high from of_writers where low > 1 returning 1
    )
    select coalesce(sum(many), 0) from of_writers$query$, v_name) into v_counted using p_month;
  select w.problem, w.detail into problem, detail from countersign.why_not_whole(p_month, v_counted) w;
  if problem is null then
    v_unlike := countersign.unlike_leaves(format('countersign.%I', v_name));
    if v_unlike > 0 then
      problem := 'damaged';
      detail := v_unlike;
    end if;
  end if;
  if problem is not null then
    delete from countersign.detached_stretches where month = p_month;
    return;
  end if;
  execute format('drop table if exists countersign_detached.%I', v_openings);
  execute format('create table countersign_detached.%I (like countersign.entries including defaults including constraints,
    constraint in_month check (recorded_at is not null and recorded_at >= %L and recorded_at < %L))', v_openings, v_from, v_to);
  execute format('insert into countersign_detached.%I select * from countersign.%I where seq = 1', v_openings, v_name);
  insert into countersign.detached_months (month, entries, writers, first, last, stretches)
    select p_month, v_counted, count(distinct s.writer), min(r.first + greatest(s.low - r.seq, 0)),
      max(r.first + least(s.high - r.seq, r.count - 1)),
      (select encode(sha256(convert_to(string_agg(o.writer || ' ' || o.low || ' ' || o.high || E'\n', '' order by o.writer collate "C"), 'UTF8')), 'hex')
        from countersign.detached_stretches o where o.month = p_month)
    from countersign.detached_stretches s
    join countersign.seal_runs r on r.writer = s.writer and r.seq <= s.high and s.low < r.seq + r.count
    where s.month = p_month;
end $$;

-- Detaches a month that was just prepared, in no longer than it takes to say so. Its entry stands at `p_writer`, `p_seq` in the same transaction.
create function countersign.detach_month(p_month text, p_because text, p_actor text, p_writer text, p_seq bigint)
returns table (entries bigint, writers bigint, first bigint, last bigint, stretches text)
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '500ms' as $$
declare
  v_from constant timestamptz := (p_month || '-01')::timestamp at time zone 'UTC';
  v_to constant timestamptz := ((p_month || '-01')::timestamp + interval '1 month') at time zone 'UTC';
  v_name constant text := 'entries_' || replace(p_month, '-', '_');
  v_openings constant text := 'openings_' || replace(p_month, '-', '_');
begin
  -- A legal hold that was being set while the month was prepared is there now.
  perform pg_advisory_xact_lock_shared(7272740013);
  if not pg_try_advisory_xact_lock(7272740018) or not exists (
    select from countersign.detached_months m where m.month = p_month and m.detached_at is null
      and countersign.hold_on_month(v_name, v_from, v_to, m.prepared_at - interval '1 minute') is null
  ) then
    return;
  end if;
  execute format('alter table countersign.entries detach partition countersign.%I', v_name);
  execute format('alter table countersign.%I set schema countersign_detached', v_name);
  execute format('create trigger entries_stay before update or delete on countersign_detached.%I
    for each row execute function countersign.refuse_rewrite()', v_name);
  execute format('alter table countersign_detached.%I enable always trigger entries_stay', v_name);
  execute format('alter table countersign_detached.%I set schema countersign', v_openings);
  execute format('alter table countersign.%I rename to %I', v_openings, v_name);
  execute format('alter table countersign.entries attach partition countersign.%I for values from (%L) to (%L)', v_name, v_from, v_to);
  perform countersign.guard_partition(v_name);
  return query update countersign.detached_months m
    set detached_at = clock_timestamp(), because = p_because, actor = p_actor, writer = p_writer, seq = p_seq
    where m.month = p_month returning m.entries, m.writers, m.first, m.last, m.stretches;
end $$;
--> statement-breakpoint

-- Compares the rows of a detached month with what the entry of its detaching told of and with the tree. `problem` says why it can't come back.
create function countersign.prepare_attach(p_month text, out problem text, out detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_from constant timestamptz := (p_month || '-01')::timestamp at time zone 'UTC';
  v_to constant timestamptz := ((p_month || '-01')::timestamp + interval '1 month') at time zone 'UTC';
  v_name constant text := 'entries_' || replace(p_month, '-', '_');
  v_table constant text := format('countersign_detached.%I', v_name);
  v_unlike bigint;
begin
  if p_month !~ '^[0-9]{4}-(0[1-9]|1[0-2])$' then
    raise exception 'no month' using errcode = 'data_exception';
  end if;
  if not pg_try_advisory_xact_lock(7272740018) then
    problem := 'busy';
    return;
  end if;
  if not exists (select from countersign.detached_months where month = p_month and detached_at is not null) then
    problem := 'attached';
    return;
  end if;
  select 'younger', max(month) into problem, detail from countersign.detached_months
    where detached_at is not null and month > p_month having count(*) > 0;
  if problem is not null then
    return;
  end if;
  if to_regclass(v_table) is null then
    problem := 'gone';
    detail := v_table;
    return;
  end if;
  execute format($query$
    select count(*) from (
      select e.writer, min(e.seq) as low, max(e.seq) as high, count(*) as many from %s e where e.seq <> 1 group by e.writer
    ) own full join (select * from countersign.detached_stretches where month = $1) s on s.writer = own.writer
    where own.low is distinct from s.low or own.high is distinct from s.high or own.many is distinct from s.high - s.low + 1$query$, v_table)
    into v_unlike using p_month;
  v_unlike := v_unlike + countersign.unlike_leaves(v_table);
  if v_unlike > 0 then
    problem := 'damaged';
    detail := v_unlike;
    return;
  end if;
  execute format('alter table %s drop constraint if exists in_month', v_table);
  execute format('alter table %s add constraint in_month check (recorded_at is not null and recorded_at >= %L and recorded_at < %L)',
    v_table, v_from, v_to);
  update countersign.detached_months set attaching_at = clock_timestamp() where month = p_month;
end $$;

-- Puts a month back that was just compared; answers how many entries came with it. The openings that stood in its place are among them.
create function countersign.attach_month(p_month text) returns table (entries bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '500ms' as $$
declare
  v_from constant timestamptz := (p_month || '-01')::timestamp at time zone 'UTC';
  v_to constant timestamptz := ((p_month || '-01')::timestamp + interval '1 month') at time zone 'UTC';
  v_name constant text := 'entries_' || replace(p_month, '-', '_');
begin
  if not pg_try_advisory_xact_lock(7272740018) or not exists (
    select from countersign.detached_months m where m.month = p_month and m.detached_at is not null
      and m.attaching_at is not null and not exists (select from countersign.detached_months y where y.detached_at is not null and y.month > p_month)
  ) then
    return;
  end if;
  execute format('alter table countersign.entries detach partition countersign.%I', v_name);
  execute format('drop table countersign.%I', v_name);
  execute format('drop trigger entries_stay on countersign_detached.%I', v_name);
  execute format('drop trigger entries_keep on countersign_detached.%I', v_name);
  execute format('alter table countersign_detached.%I set schema countersign', v_name);
  execute format('alter table countersign.entries attach partition countersign.%I for values from (%L) to (%L)', v_name, v_from, v_to);
  perform countersign.guard_partition(v_name);
  return query delete from countersign.detached_months m where m.month = p_month returning m.entries;
  delete from countersign.detached_stretches where month = p_month;
  -- What was prepared goes on where these entries ended.
  delete from countersign.detached_months where detached_at is null;
end $$;
--> statement-breakpoint

-- Whether the rows of a detached month are still in this database.
create function countersign.is_detached_here(p_month text) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select to_regclass(format('countersign_detached.%I', 'entries_' || replace(p_month, '-', '_'))) is not null
$$;

revoke all on countersign.detached_months, countersign.detached_stretches from public;
grant select on countersign.detached_months, countersign.detached_stretches
  to countersign_gateway, countersign_console, countersign_sealer, countersign_auditor;
revoke all on function countersign.unlike_leaves(text), countersign.hold_on_month(text, timestamptz, timestamptz, timestamptz),
  countersign.why_attached(text), countersign.why_not_whole(text, bigint), countersign.prepare_detach(text),
  countersign.detach_month(text, text, text, text, bigint), countersign.prepare_attach(text), countersign.attach_month(text),
  countersign.is_detached_here(text)
from public;
grant execute on function countersign.prepare_detach(text), countersign.detach_month(text, text, text, text, bigint),
  countersign.prepare_attach(text), countersign.attach_month(text), countersign.is_detached_here(text)
to countersign_console;
--> statement-breakpoint

-- As before, but nothing that is too long for a sealer to read is taken in: no process of ours writes values as long.
create or replace function countersign.append(
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
  if octet_length(p_head) <> 64 or octet_length(p_signature) > 256 then
    raise exception 'a head or a signature that is none' using errcode = 'data_exception';
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
    if greatest(octet_length(p_types), octet_length(p_calls), octet_length(p_outcomes), octet_length(p_servers), octet_length(p_tools),
      octet_length(p_principals)) > 4096 or octet_length(p_bodies) > 16777216 then
      raise exception 'a value of an entry is too long' using errcode = 'data_exception';
    end if;
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
    ) with ordinality as batch (t, c, o, s, l, p, b, n)
    where greatest(octet_length(t), octet_length(c), octet_length(o), octet_length(s), octet_length(l), octet_length(p)) <= 4096
      and octet_length(b) <= 16777216;
  get diagnostics v_rows = row_count;
  if v_rows <> p_count then
    raise exception 'a batch of % entries came as %, or a value in it is too long', p_count, v_rows using errcode = 'data_exception';
  end if;
end $$;
