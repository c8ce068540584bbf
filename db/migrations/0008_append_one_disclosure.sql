-- One caller's latency is a batch of one entry with one disclosure: its clear text goes in as a row of values, with nothing to take apart.
-- Everything else is as it was.
create or replace function countersign.append_disclosing(
  p_writer text, p_token text, p_first bigint, p_count integer, p_prev text, p_head text, p_signature text,
  p_types text, p_calls text, p_outcomes text, p_servers text, p_tools text, p_principals text, p_bodies text,
  p_seqs text, p_names text, p_salts text, p_contents text
) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform countersign.append(p_writer, p_token, p_first, p_count, p_prev, p_head, p_signature,
    p_types, p_calls, p_outcomes, p_servers, p_tools, p_principals, p_bodies);
  if p_count = 1 and p_seqs = p_first::text then
    insert into countersign.disclosures (writer, seq, name, salt, content)
      values (p_writer, p_first, p_names, decode(p_salts, 'hex'),
        case left(p_contents, 1) when '=' then convert_to(substr(p_contents, 2), 'UTF8') when '#' then decode(substr(p_contents, 2), 'hex') end);
    return;
  end if;
  insert into countersign.disclosures (writer, seq, name, salt, content)
    select p_writer, q::bigint, m, decode(s, 'hex'),
      case left(c, 1) when '=' then convert_to(substr(c, 2), 'UTF8') when '#' then decode(substr(c, 2), 'hex') end
    from unnest(string_to_array(p_seqs, E'\n'), string_to_array(p_names, E'\n'), string_to_array(p_salts, E'\n'),
      string_to_array(p_contents, E'\n')) as disclosed (q, m, s, c)
    where q::bigint between p_first and p_first + p_count - 1;
end $$;
