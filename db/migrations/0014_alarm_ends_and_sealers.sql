-- Who ended an alarm that a person ended, and why; what those remember who raised one; and which machines may seal, two of them.

alter table countersign.seal_alarms
  add column ended_by text check (length(ended_by) between 1 and 256),
  add column ended_because text check (length(ended_because) between 1 and 256),
  add check (num_nonnulls(ended_by, ended_because) in (0, 2) and (ended_by is null or ended_at is not null));

-- What somebody remembers of the log, as size/root, that the log does not lead on from. Once a person has ended the alarm about it, whoever
-- remembers the same has nothing new to say.
create table countersign.alarm_reports (
  alarm bigint not null references countersign.seal_alarms,
  remembered text not null check (remembered ~ '^[0-9]{1,16}/[0-9a-f]{64}$'),
  primary key (alarm, remembered)
);
create index alarm_reports_remembered on countersign.alarm_reports (remembered);

-- A machine that seals, by an id that it made for itself. A third one is refused until somebody retires one of two.
create table countersign.sealers (
  id text primary key check (id ~ '^[0-9a-f]{32}$'),
  name text not null check (length(name) between 1 and 256),
  enrolled_at timestamptz not null default clock_timestamp(),
  seen_at timestamptz not null default clock_timestamp(),
  retired_at timestamptz,
  retired_by text check (length(retired_by) between 1 and 256),
  retired_because text check (length(retired_because) between 1 and 256),
  check (num_nonnulls(retired_at, retired_by, retired_because) in (0, 3))
);
--> statement-breakpoint

create trigger alarm_reports_stay before update or delete or truncate on countersign.alarm_reports
  for each statement execute function countersign.refuse_rewrite();
alter table countersign.alarm_reports enable always trigger alarm_reports_stay;
create trigger sealers_stay before delete or truncate on countersign.sealers
  for each statement execute function countersign.refuse_rewrite();
alter table countersign.sealers enable always trigger sealers_stay;

-- As before, and an alarm that ends may say by whom and why.
create or replace function countersign.guard_seal() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  ending constant text[] := array['ended_at', 'ended_by', 'ended_because'];
  v_old jsonb := to_jsonb(old);
  v_new jsonb := to_jsonb(new);
  v_grows boolean;
begin
  v_grows := case tg_table_name
    when 'tiles' then v_new - 'hashes' = v_old - 'hashes' and starts_with(v_new ->> 'hashes', v_old ->> 'hashes')
    when 'seal_marks' then v_new -> 'writer' = v_old -> 'writer' and (v_new ->> 'seq')::bigint > (v_old ->> 'seq')::bigint
    when 'seal_state' then (v_new ->> 'fence')::bigint >= (v_old ->> 'fence')::bigint
      and ((v_new ->> 'size')::bigint > (v_old ->> 'size')::bigint or v_new -> 'size' = v_old -> 'size' and v_new -> 'root' = v_old -> 'root')
    when 'seal_alarms' then v_new - ending = v_old - ending and v_old ->> 'ended_at' is null
    else false
  end;
  if v_grows then
    return new;
  end if;
  raise exception '% on %.% is refused: what was sealed only grows', tg_op, tg_table_schema, tg_table_name
    using errcode = 'insufficient_privilege';
end $$;
--> statement-breakpoint

-- Whoever remembers a checkpoint that the log does not lead on from says so. True when that is news: nobody who remembers the same has said it
-- for an alarm that is still open, or that a person has ended.
create function countersign.report_alarm(p_kind text, p_sentence text, p_by text, p_remembered text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_id bigint;
begin
  if p_kind not in ('fork', 'regression') then
    raise exception 'nobody remembers a %', p_kind using errcode = 'data_exception';
  end if;
  if exists (
    select from countersign.alarm_reports r join countersign.seal_alarms a on a.id = r.alarm
    where r.remembered = p_remembered and a.kind = p_kind and (a.ended_at is null or a.ended_by is not null)
  ) then
    return false;
  end if;
  v_id := countersign.raise_alarm(p_kind, null, null, p_sentence, p_by);
  if v_id is null or (select count(*) from countersign.alarm_reports where alarm = v_id) >= 1000 then
    return false;
  end if;
  insert into countersign.alarm_reports (alarm, remembered) values (v_id, p_remembered) on conflict do nothing;
  return found;
end $$;

-- A person says that an alarm is over, in the transaction of the entry that tells of it. Answers what it was about; nothing where none is open.
create function countersign.end_alarm_because(p_id bigint, p_by text, p_because text)
returns table (kind text, writer text, seq bigint, sentence text, found_by text, raised_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if p_by is null or p_because is null then
    raise exception 'an alarm is ended by somebody, with a reason' using errcode = 'data_exception';
  end if;
  return query update countersign.seal_alarms a
    set ended_at = clock_timestamp(), ended_by = p_by, ended_because = p_because
    where a.id = p_id and a.ended_at is null
    returning a.kind, a.writer, a.seq, a.sentence, a.found_by, a.at;
end $$;

-- state: 'enrolled' (now or before), 'retired', or 'full', where two others are: `others` names them, a line each.
create function countersign.enroll_sealer(p_id text, p_name text) returns table (state text, others text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_others text;
begin
  perform pg_advisory_xact_lock(7272740014001);
  update countersign.sealers s set seen_at = clock_timestamp(), name = left(p_name, 256) where s.id = p_id and s.retired_at is null;
  if found then
    return query select 'enrolled', '';
    return;
  end if;
  if exists (select from countersign.sealers s where s.id = p_id) then
    return query select 'retired', '';
    return;
  end if;
  select string_agg(s.id || ' ' || s.name, E'\n' order by s.enrolled_at) into v_others from countersign.sealers s where s.retired_at is null;
  if (select count(*) from countersign.sealers s where s.retired_at is null) >= 2 then
    return query select 'full', v_others;
    return;
  end if;
  insert into countersign.sealers (id, name) values (p_id, left(p_name, 256));
  return query select 'enrolled', '';
end $$;

-- For good. Whoever seals now must take over anew, and a retired one can't. False where there is none such.
create function countersign.retire_sealer(p_id text, p_by text, p_because text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update countersign.sealers set retired_at = clock_timestamp(), retired_by = p_by, retired_because = p_because
    where id = p_id and retired_at is null;
  if not found then
    return false;
  end if;
  update countersign.seal_state set fence = fence + 1, beat_at = 'epoch';
  return true;
end $$;
--> statement-breakpoint

revoke all on countersign.alarm_reports, countersign.sealers from public;
grant select on countersign.alarm_reports to countersign_console, countersign_auditor;
grant select on countersign.sealers to countersign_gateway, countersign_console, countersign_sealer, countersign_auditor;
revoke all on function countersign.report_alarm(text, text, text, text), countersign.end_alarm_because(bigint, text, text),
  countersign.enroll_sealer(text, text), countersign.retire_sealer(text, text, text)
from public;
grant execute on function countersign.report_alarm(text, text, text, text) to countersign_gateway, countersign_console;
grant execute on function countersign.end_alarm_because(bigint, text, text), countersign.retire_sealer(text, text, text) to countersign_console;
grant execute on function countersign.enroll_sealer(text, text) to countersign_sealer;
