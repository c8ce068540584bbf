-- Whoever looks at the gateways hears at once when one of them says something new of itself. A hint, which may be lost: there is a poll
-- underneath. A heartbeat is a transaction of its own, so no call ever waits for this.
create function countersign.tell_gateway() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  perform pg_notify('countersign_gateways', '');
  return null;
end $$;
create trigger gateways_tell after insert or update or delete on countersign.gateways
  for each statement execute function countersign.tell_gateway();
