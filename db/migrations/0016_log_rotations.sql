-- The log key, rotated: statements by which one key ended and the next began, each signed by both. What is signed after one is the next key's.

create table countersign.log_rotations (
  -- The longest log that the key before signed.
  size bigint primary key check (size > 0),
  statement text not null check (length(statement) between 1 and 4096),
  -- Raw Ed25519 public keys, and the key id of the new one as signature lines carry it (C2SP signed-note).
  before_key text not null unique check (before_key ~ '^[0-9a-f]{64}$'),
  after_key text not null unique check (after_key ~ '^[0-9a-f]{64}$'),
  after_id text not null check (after_id ~ '^[0-9a-f]{8}$'),
  rotated_at timestamptz not null default clock_timestamp()
);
--> statement-breakpoint

create trigger log_rotations_stay before update or delete or truncate on countersign.log_rotations
  for each statement execute function countersign.refuse_rewrite();
alter table countersign.log_rotations enable always trigger log_rotations_stay;

-- A sealer that has not heard of a rotation, of an earlier release or on another machine, still signs with the key of before: it is refused
-- here, before anybody sees what it signed. Whoever has the note and the statements sees it as well.
create function countersign.guard_log_key() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  v_last countersign.log_rotations;
begin
  select * into v_last from countersign.log_rotations order by size desc limit 1;
  if not found then
    return new;
  end if;
  if encode(substring(decode(split_part(split_part(new.note, E'\n\n', 2), ' ', 3), 'base64') from 1 for 4), 'hex') <> v_last.after_id then
    raise exception 'the log key was rotated at % entries, and this is not signed by the one that followed', v_last.size using errcode = 'CS004';
  end if;
  return new;
end $$;
create trigger checkpoints_key before insert on countersign.checkpoints for each row execute function countersign.guard_log_key();
alter table countersign.checkpoints enable always trigger checkpoints_key;
--> statement-breakpoint

-- To be called while `hold_seal` holds the seal: the log is as long as the statement says until this commits. Whoever seals now must take
-- over anew, and finds the statement.
create function countersign.rotate_log_key(
  p_fence bigint, p_size bigint, p_root text, p_statement text, p_before text, p_after text, p_after_id text
) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update countersign.seal_state set fence = fence + 1
    where fence = p_fence and size = p_size and root = decode(p_root, 'hex');
  if not found then
    raise exception 'the log is not sealed up to % under fence %', p_size, p_fence using errcode = 'CS003';
  end if;
  insert into countersign.log_rotations (size, statement, before_key, after_key, after_id)
    values (p_size, p_statement, p_before, p_after, p_after_id);
end $$;
--> statement-breakpoint

revoke all on countersign.log_rotations from public;
grant select on countersign.log_rotations to countersign_gateway, countersign_console, countersign_sealer, countersign_auditor;
revoke all on function countersign.guard_log_key(), countersign.rotate_log_key(bigint, bigint, text, text, text, text, text) from public;
grant execute on function countersign.rotate_log_key(bigint, bigint, text, text, text, text, text) to countersign_sealer;
