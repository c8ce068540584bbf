-- A sweep of clear text counted every value that it looked at: ten thousand young ones of one writer, and nobody behind it in the order of ids
-- had anything erased. It counts what is due.

create or replace function countersign.erase_due(p_erasure text, p_class text, p_limit integer, p_at_writer text, p_at_seq bigint)
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
  v_first timestamptz;
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
    -- What is young is not looked at: a writer whose next value has time left has nothing to give.
    select e.recorded_at into v_first
      from countersign.disclosures d join countersign.entries e on e.writer = d.writer and e.seq = d.seq
      where d.writer = v_writer.id and d.seq > v_writer.seq order by d.seq limit 1;
    continue when found and v_first >= v_before;
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
    select (select count(*) from looked) as looked, (select count(*) from due) as due, (select max(due.seq) from due) as upto,
      (select count(*) from gone) as gone, (select count(*) from judged where kept) as kept into v_chunk;
    v_left := v_left - v_chunk.due;
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
