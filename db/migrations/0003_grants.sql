-- Who may do what to which table: db/grants.ts says the same as data, and a test tries every verb as every role. Entries are appended,
-- and policies published, by the functions that check what a grant can't.
revoke all on all tables in schema countersign from public;
revoke all on all functions in schema countersign from public;

grant select on countersign.log, countersign.writers, countersign.entries, countersign.policies, countersign.policy_versions,
  countersign.publications, countersign.pin_baselines, countersign.pins, countersign.gateways
  to countersign_gateway, countersign_console, countersign_sealer, countersign_auditor;
grant select on countersign.holds to countersign_gateway, countersign_console, countersign_auditor;
grant select on countersign.disclosures to countersign_console, countersign_auditor;

grant insert on countersign.pin_baselines, countersign.pins, countersign.holds, countersign.gateways to countersign_gateway;
grant update on countersign.gateways to countersign_gateway;
grant update (state, seen_at) on countersign.pins to countersign_gateway;
grant update (state, use_by, decided_at, ended_at, because) on countersign.holds to countersign_gateway;

grant insert on countersign.policies, countersign.policy_versions to countersign_console;
grant update (state, accepted_at, accepted_by) on countersign.pins to countersign_console;
grant update (state, use_by, decided_at, ended_at, because) on countersign.holds to countersign_console;
grant update (content), delete on countersign.disclosures to countersign_console;
grant delete on countersign.gateways to countersign_console;

grant execute on function countersign.next_epoch(), countersign.keep_version(text, text, text, text, text, text, text, text),
  countersign.publish(bigint, text, bytea, text, jsonb, text, text) to countersign_console;
grant execute on function countersign.may_move_hold(text, text) to countersign_gateway, countersign_console;
