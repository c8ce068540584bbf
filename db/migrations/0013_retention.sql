-- How long clear text stays, what keeps it longer, and who had it erased. Entries are never touched: what they commit to stays in the log,
-- and what would open the commitments goes, salts too. Only the functions here erase, and none of them passes a legal hold.

-- Days after which clear text of a class goes; null is for ever. The classes are those of core/retention/classes.ts.
create table countersign.retention (
  class text primary key
    check (class in ('arguments.allow', 'arguments.deny', 'arguments.escalate', 'results.allow', 'results.escalate', 'words')),
  days integer check (days between 1 and 36500),
  revision integer not null default 0,
  changed_by text,
  changed_at timestamptz not null default clock_timestamp()
);
insert into countersign.retention (class) values
  ('arguments.allow'), ('arguments.deny'), ('arguments.escalate'), ('results.allow'), ('results.escalate'), ('words');

-- Up to where a writer's clear text of a class was looked through. It spares looking; it decides nothing.
create table countersign.retention_marks (
  writer text not null,
  class text not null references countersign.retention,
  seq bigint not null,
  primary key (writer, class)
) with (fillfactor = 50);

-- Until it is lifted no clear text of what it covers is erased: null covers any. `since` is in it and `until` is not.
create table countersign.legal_holds (
  id text primary key check (id ~ '^[0-9a-f]{32}$'),
  server text check (length(server) between 1 and 256),
  principal text check (length(principal) between 1 and 256),
  call text check (length(call) between 1 and 256),
  since timestamptz,
  until timestamptz,
  because text not null check (length(because) between 1 and 256),
  opened_by text not null,
  opened_at timestamptz not null default clock_timestamp(),
  lifted_at timestamptz,
  lifted_by text,
  lifted_because text check (length(lifted_because) between 1 and 256),
  check (num_nonnulls(server, principal, call, since, until) > 0),
  check (since < until),
  check (num_nonnulls(lifted_at, lifted_by, lifted_because) in (0, 3))
);
create index legal_holds_open on countersign.legal_holds (opened_at) where lifted_at is null;

-- What was erased and why; `what` is a class, a call or a principal. An order reaches what was recorded before `before`, and is open until
-- it is through: `at_*` say how far it has come. The entry that tells of it stands at `writer`, `seq`.
create table countersign.erasures (
  id text primary key check (id ~ '^[0-9a-f]{32}$'),
  kind text not null check (kind in ('retention', 'call', 'principal')),
  what text not null check (length(what) between 1 and 256),
  because text not null check (length(because) between 1 and 256),
  actor text,
  before timestamptz not null,
  ordered_at timestamptz not null default clock_timestamp(),
  erased bigint not null default 0,
  held bigint not null default 0,
  done_at timestamptz,
  at_time timestamptz not null default '-infinity',
  at_writer text not null default '',
  at_seq bigint not null default 0,
  writer text not null,
  seq bigint not null
);
create index erasures_open on countersign.erasures (ordered_at) where done_at is null;
create index erasures_at on countersign.erasures (ordered_at);

-- What left as a file is looked up by people; it is seldom, so nobody who appends pays for it.
create index entries_exports on countersign.entries (recorded_at) where type = 'export';

-- Which erasure took it. An empty salt beside it: nothing opens the commitment any more.
alter table countersign.disclosures add column erasure text;
--> statement-breakpoint

create trigger legal_holds_stay before delete or truncate on countersign.legal_holds
  for each statement execute function countersign.refuse_rewrite();
alter table countersign.legal_holds enable always trigger legal_holds_stay;
create trigger erasures_stay before delete or truncate on countersign.erasures
  for each statement execute function countersign.refuse_rewrite();
alter table countersign.erasures enable always trigger erasures_stay;

-- A new legal hold waits for the erasing that is under way, and whatever erases after it sees it. A lifted one is never changed again, and
-- what it kept is looked at once more.
create function countersign.guard_legal_hold() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  moving constant text[] := array['lifted_at', 'lifted_by', 'lifted_because'];
begin
  if tg_op = 'INSERT' then
    if new.lifted_at is not null then
      raise exception 'a legal hold begins in force' using errcode = 'insufficient_privilege';
    end if;
    perform pg_advisory_xact_lock(7272740013);
    return new;
  end if;
  if old.lifted_at is not null or new.lifted_at is null or to_jsonb(new) - moving <> to_jsonb(old) - moving then
    raise exception 'a legal hold is lifted once, and not changed' using errcode = 'insufficient_privilege';
  end if;
  delete from countersign.retention_marks;
  return new;
end $$;
create trigger legal_holds_guard before insert or update on countersign.legal_holds
  for each row execute function countersign.guard_legal_hold();
alter table countersign.legal_holds enable always trigger legal_holds_guard;

-- Whether what was recorded of a call at a time must stay.
create function countersign.under_legal_hold(p_call text, p_at timestamptz) returns boolean
language sql stable set search_path = pg_catalog, pg_temp as $$
  select exists (
    select from countersign.legal_holds h
    where h.lifted_at is null and (h.call is null or h.call = p_call)
      and (h.since is null or p_at >= h.since) and (h.until is null or p_at < h.until)
      and (h.server is null and h.principal is null or exists (
        select from countersign.entries d where d.call = p_call and d.type = 'decision'
          and (h.server is null or d.server = h.server) and (h.principal is null or d.principal = h.principal))))
$$;

-- What class of clear text an entry of a call stands beside.
create function countersign.clear_class(p_type text, p_outcome text, p_call text) returns text
language sql stable set search_path = pg_catalog, pg_temp as $$
  select case
    when p_type = 'decision' then 'arguments.' || p_outcome
    when p_type = 'grant.open' then 'arguments.escalate'
    when p_type = 'receipt' then 'results.' || case when exists (
      select from countersign.entries d where d.call = p_call and d.type = 'decision' and d.outcome = 'escalate') then 'escalate' else 'allow' end
    else 'words' end
$$;
--> statement-breakpoint

-- As before, and one thing more: the functions that erase tell what a hold carries to go, at once where it has ended and with its end where it
-- has not. `countersign.erasing` is set by them and for as long as they run.
create or replace function countersign.guard_hold() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  moving text[] := array['state', 'ended_at', 'because'];
  v_forgets boolean := false;
begin
  if tg_op = 'INSERT' then
    if new.state <> 'held' or new.use_by is not null or new.decided_at is not null or new.claimed_by is not null then
      raise exception 'a hold begins as held' using errcode = 'insufficient_privilege';
    end if;
    return new;
  end if;
  v_forgets := current_setting('countersign.erasing', true) = 'yes' and old.keeps_clear and not new.keeps_clear
    and to_jsonb(new) - 'keeps_clear' = to_jsonb(old) - 'keeps_clear';
  if v_forgets is not true then
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
  end if;
  if new.ended_at is not null and not new.keeps_clear then
    new.arguments := '';
    new.params := '';
    new.reason := '';
  end if;
  return new;
end $$;

-- A vote stays as it was signed; what its voter said of it beside that is erased like everything else, and nothing else of it.
drop trigger votes_stay on countersign.votes;
create trigger votes_stay before delete or truncate on countersign.votes
  for each statement execute function countersign.refuse_rewrite();
alter table countersign.votes enable always trigger votes_stay;
create function countersign.guard_vote_text() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if current_setting('countersign.erasing', true) is distinct from 'yes' or new.reason <> '' or to_jsonb(new) - 'reason' <> to_jsonb(old) - 'reason' then
    raise exception 'a vote is never changed' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create trigger votes_text before update on countersign.votes for each row execute function countersign.guard_vote_text();
alter table countersign.votes enable always trigger votes_text;
--> statement-breakpoint

-- Erases some of what the class has had its days of, and answers how much; `more` where there may be more. Its entry stands at `p_at_writer`, `p_at_seq`
-- in the same transaction: killed in between, nothing was erased and nothing told.
create function countersign.erase_due(p_erasure text, p_class text, p_limit integer, p_at_writer text, p_at_seq bigint)
returns table (erased bigint, held bigint, before timestamptz, days integer, more boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_days integer;
  v_before timestamptz;
  v_left bigint := least(greatest(p_limit, 1), 10000);
  v_erased bigint := 0;
  v_held bigint := 0;
  v_writer record;
  v_chunk record;
begin
  perform pg_advisory_xact_lock_shared(7272740013);
  select r.days into v_days from countersign.retention r where r.class = p_class;
  -- Of two consoles one sweeps.
  if v_days is null or not pg_try_advisory_xact_lock(7272740014) then
    return query select 0::bigint, 0::bigint, null::timestamptz, v_days, false;
    return;
  end if;
  v_before := clock_timestamp() - v_days * interval '1 day';
  perform set_config('countersign.erasing', 'yes', true);
  for v_writer in
    select w.id, w.head_seq, w.closed_at is not null as closed, coalesce(m.seq, 0) as seq from countersign.writers w
    left join countersign.retention_marks m on m.writer = w.id and m.class = p_class
    where w.opened_at < v_before and coalesce(m.seq, 0) < w.head_seq order by w.id
  loop
    exit when v_left <= 0;
    with looked as materialized (
      select d.seq, d.name, d.salt <> '' as there, e.recorded_at, e.type, e.outcome, e.call
      from countersign.disclosures d join countersign.entries e on e.writer = d.writer and e.seq = d.seq
      where d.writer = v_writer.id and d.seq > v_writer.seq order by d.seq fetch first (v_left) rows with ties
    ), due as (
      select * from looked
      where seq < coalesce((select min(l.seq) from looked l where l.recorded_at >= v_before), 9223372036854775807)
    ), judged as materialized (
      select due.*, countersign.under_legal_hold(due.call, due.recorded_at) as kept from due
      where due.there and due.call is not null and countersign.clear_class(due.type, due.outcome, due.call) = p_class
    ), gone as (
      update countersign.disclosures d set content = null, salt = '', erasure = p_erasure from judged j
      where d.writer = v_writer.id and d.seq = j.seq and d.name = j.name and not j.kept and d.salt <> '' returning d.seq
    ), of_holds as (
      update countersign.holds h set keeps_clear = false from judged j
      where p_class = 'arguments.escalate' and j.type = 'decision' and h.call = j.call and not j.kept and h.keeps_clear returning h.id
    ), of_votes as (
      update countersign.votes v set reason = '' from judged j join countersign.holds h on h.call = j.call
      where p_class = 'words' and j.type = 'vote' and not j.kept and v.hold = h.id and v.cast_at < v_before and v.reason <> '' returning v.hold
    )
    select (select count(*) from looked) as looked, (select max(due.seq) from due) as upto,
      (select count(*) from gone) as gone, (select count(*) from judged where kept) as kept into v_chunk;
    v_left := v_left - v_chunk.looked;
    v_erased := v_erased + v_chunk.gone;
    v_held := v_held + v_chunk.kept;
    -- A writer that is over and has no more of it is done with.
    if v_chunk.upto is not null or v_chunk.looked = 0 and v_writer.closed then
      insert into countersign.retention_marks as m (writer, class, seq)
        values (v_writer.id, p_class, coalesce(v_chunk.upto, v_writer.head_seq))
        on conflict (writer, class) do update set seq = greatest(m.seq, excluded.seq);
    end if;
  end loop;
  perform set_config('countersign.erasing', '', true);
  if v_erased > 0 then
    insert into countersign.erasures (id, kind, what, because, before, erased, held, done_at, writer, seq)
      values (p_erasure, 'retention', p_class, 'It is kept for ' || v_days || case v_days when 1 then ' day.' else ' days.' end,
        v_before, v_erased, v_held, clock_timestamp(), p_at_writer, p_at_seq);
  end if;
  return query select v_erased, v_held, v_before, v_days, v_left <= 0;
end $$;

-- Somebody wants the clear text of a call, or of all calls of a principal, erased: as far as it is recorded now.
create function countersign.order_erasure(
  p_erasure text, p_kind text, p_what text, p_because text, p_actor text, p_at_writer text, p_at_seq bigint
) returns timestamptz language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_before timestamptz := clock_timestamp();
begin
  if p_kind not in ('call', 'principal') or p_actor is null then
    raise exception 'no erasure is ordered like that' using errcode = 'data_exception';
  end if;
  insert into countersign.erasures (id, kind, what, because, actor, before, ordered_at, writer, seq)
    values (p_erasure, p_kind, p_what, p_because, p_actor, v_before, v_before, p_at_writer, p_at_seq);
  return v_before;
end $$;

-- Some calls of one order, all of each that was recorded before `p_before` and is under no legal hold.
create function countersign.erase_calls(p_erasure text, p_calls text[], p_before timestamptz, out erased bigint, out held bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('countersign.erasing', 'yes', true);
  with told as materialized (
    select e.writer, e.seq, countersign.under_legal_hold(e.call, e.recorded_at) as kept
    from countersign.entries e where e.call = any(p_calls) and e.recorded_at < p_before
  ), gone as (
    update countersign.disclosures d set content = null, salt = '', erasure = p_erasure from told t
    where d.writer = t.writer and d.seq = t.seq and not t.kept and d.salt <> '' returning d.seq
  )
  select (select count(*) from gone), (select count(*) from told t join countersign.disclosures d on d.writer = t.writer and d.seq = t.seq
    where t.kept and d.salt <> '') into erased, held;
  update countersign.holds h set keeps_clear = false
    where h.call = any(p_calls) and h.keeps_clear and h.opened_at < p_before and not countersign.under_legal_hold(h.call, h.opened_at);
  update countersign.votes v set reason = '' from countersign.holds h
    where h.call = any(p_calls) and v.hold = h.id and v.reason <> '' and v.cast_at < p_before
      and not countersign.under_legal_hold(h.call, v.cast_at);
  perform set_config('countersign.erasing', '', true);
end $$;

-- A part of an order, and how it stands then; nothing where it was through before. Killed in between, whoever comes next goes on from here. A principal's calls are looked for
-- among the decisions; the last seconds are left for later, because what was recorded then may not be there to be seen yet.
create function countersign.erase_ordered(p_erasure text, p_limit integer)
returns table (erased bigint, held bigint, done boolean, more boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_order countersign.erasures;
  v_upto timestamptz := clock_timestamp() - interval '5 seconds';
  v_next record;
  v_counts record;
begin
  perform pg_advisory_xact_lock_shared(7272740013);
  select * into v_order from countersign.erasures o where o.id = p_erasure for update;
  if v_order.id is null or v_order.done_at is not null then
    return;
  end if;
  if v_order.kind = 'call' then
    select array[v_order.what] as calls, false as more, true as done, v_order.at_time, v_order.at_writer, v_order.at_seq into v_next;
  else
    with looked as (
      select d.recorded_at, d.writer, d.seq, d.call, d.principal from countersign.entries d
      where d.type = 'decision' and d.recorded_at >= v_order.at_time and d.recorded_at < least(v_order.before, v_upto)
        and (d.recorded_at, d.writer, d.seq) > (v_order.at_time, v_order.at_writer, v_order.at_seq)
      order by d.recorded_at, d.writer, d.seq limit least(greatest(p_limit, 1), 10000)
    ), last as (select * from looked order by recorded_at desc, writer desc, seq desc limit 1)
    select array(select distinct l.call from looked l where l.principal = v_order.what and l.call is not null) as calls,
      (select count(*) from looked) = least(greatest(p_limit, 1), 10000) as more,
      v_upto >= v_order.before and (select count(*) from looked) < least(greatest(p_limit, 1), 10000) as done,
      coalesce((select recorded_at from last), v_order.at_time) as at_time, coalesce((select last.writer from last), v_order.at_writer) as at_writer,
      coalesce((select last.seq from last), v_order.at_seq) as at_seq into v_next;
  end if;
  select * into v_counts from countersign.erase_calls(p_erasure, v_next.calls, v_order.before);
  return query update countersign.erasures o set erased = o.erased + v_counts.erased, held = o.held + v_counts.held,
      at_time = v_next.at_time, at_writer = v_next.at_writer, at_seq = v_next.at_seq,
      done_at = case when v_next.done then clock_timestamp() end
    where o.id = p_erasure returning o.erased, o.held, v_next.done, v_next.more;
end $$;
--> statement-breakpoint

-- Nobody erases but through these.
revoke update, delete on countersign.disclosures from countersign_console;
revoke update (content) on countersign.disclosures from countersign_console;
revoke all on countersign.retention, countersign.retention_marks, countersign.legal_holds, countersign.erasures from public;
grant select on countersign.retention, countersign.legal_holds, countersign.erasures to countersign_console, countersign_auditor;
grant update (days, revision, changed_by, changed_at) on countersign.retention to countersign_console;
grant insert, update (lifted_at, lifted_by, lifted_because) on countersign.legal_holds to countersign_console;
revoke all on function countersign.guard_legal_hold(), countersign.guard_vote_text(), countersign.under_legal_hold(text, timestamptz),
  countersign.clear_class(text, text, text), countersign.erase_due(text, text, integer, text, bigint),
  countersign.order_erasure(text, text, text, text, text, text, bigint), countersign.erase_calls(text, text[], timestamptz),
  countersign.erase_ordered(text, integer)
from public;
grant execute on function countersign.under_legal_hold(text, timestamptz), countersign.erase_due(text, text, integer, text, bigint),
  countersign.order_erasure(text, text, text, text, text, text, bigint), countersign.erase_ordered(text, integer)
to countersign_console;
