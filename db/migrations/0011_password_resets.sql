-- A link with which somebody chooses a new password: made by an admin, used once. One open link a person; a second one replaces the first.
create table countersign.password_resets (
  user_id text primary key references countersign.users,
  token_hash bytea not null unique check (length(token_hash) = 32),
  made_by text not null,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  used_at timestamptz
);

revoke all on countersign.password_resets from public;
grant select, insert, update (token_hash, made_by, created_at, expires_at, used_at) on countersign.password_resets to countersign_console;
