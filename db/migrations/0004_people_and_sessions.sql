-- People, how they prove who they are, and their sessions. The console decides by these rows on every request; no gateway and no sealer
-- sees any of them. What could be used to sign in is kept apart from what may be read: hashes stand in tables that only the console reads.
create table countersign.users (
  id text primary key check (id ~ '^[0-9a-f]{32}$'),
  -- Lower case, because two accounts that differ in case would be one mailbox.
  email text not null unique check (email = lower(email) and length(email) between 3 and 254),
  name text not null check (length(name) between 1 and 200),
  roles text[] not null check (
    roles <@ array['viewer', 'author', 'approver', 'auditor', 'admin'] and array_length(roles, 1) > 0 and array_position(roles, null) is null),
  created_at timestamptz not null default clock_timestamp(),
  disabled_at timestamptz
);

-- `hash` carries its own parameters: $scrypt$ln=17,r=8,p=1$salt$hash.
create table countersign.passwords (
  user_id text primary key references countersign.users,
  hash text not null check (hash ~ '^\$scrypt\$ln=[0-9]+,r=[0-9]+,p=[0-9]+\$[A-Za-z0-9_-]+\$[A-Za-z0-9_-]+$'),
  changed_at timestamptz not null default clock_timestamp()
);

-- Who somebody is at an OpenID provider, from the first time they came from there.
create table countersign.identities (
  issuer text not null,
  subject text not null,
  user_id text not null references countersign.users,
  linked_at timestamptz not null default clock_timestamp(),
  primary key (issuer, subject)
);

-- `token_hash` is of the random value in the cookie; `id` is what the log and the account page call the session. `proved_at` is null where
-- nobody can tell when this person last proved who they are.
create table countersign.sessions (
  id text primary key check (id ~ '^[0-9a-f]{32}$'),
  token_hash bytea not null unique check (length(token_hash) = 32),
  user_id text not null references countersign.users,
  method text not null check (method in ('password', 'oidc')),
  address text,
  agent text,
  started_at timestamptz not null default clock_timestamp(),
  seen_at timestamptz not null default clock_timestamp(),
  proved_at timestamptz,
  ended_at timestamptz,
  ended_because text,
  check ((ended_at is null) = (ended_because is null))
);
create index sessions_of on countersign.sessions (user_id, seen_at);
create index sessions_quiet on countersign.sessions (seen_at) where ended_at is null;

create table countersign.invites (
  id text primary key check (id ~ '^[0-9a-f]{32}$'),
  token_hash bytea not null unique check (length(token_hash) = 32),
  email text not null check (email = lower(email) and length(email) between 3 and 254),
  roles text[] not null check (
    roles <@ array['viewer', 'author', 'approver', 'auditor', 'admin'] and array_length(roles, 1) > 0 and array_position(roles, null) is null),
  invited_by text not null,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  used_at timestamptz,
  used_by text references countersign.users,
  cancelled_at timestamptz,
  check ((used_by is null) = (used_at is null))
);
-- One open invite an address: a second one is the first one sent again.
create unique index invites_open on countersign.invites (email) where used_at is null and cancelled_at is null;
--> statement-breakpoint

-- The one token that makes the first admin: a new one replaces it, a used one stays used.
create table countersign.set_up (
  one boolean primary key default true check (one),
  token_hash bytea not null check (length(token_hash) = 32),
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  used_at timestamptz,
  used_by text references countersign.users,
  check ((used_by is null) = (used_at is null))
);

create table countersign.personal_tokens (
  id text primary key check (id ~ '^[0-9a-f]{32}$'),
  token_hash bytea not null unique check (length(token_hash) = 32),
  user_id text not null references countersign.users,
  name text not null check (length(name) between 1 and 100),
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  seen_at timestamptz,
  revoked_at timestamptz
);
create index personal_tokens_of on countersign.personal_tokens (user_id);

-- Token buckets, one an account and one an address, here so that a restart empties none. `refused` counts what was turned away and is not
-- in the log yet, since `refused_since`; `told_at` is when the log was last told.
create table countersign.throttle (
  key text primary key check (length(key) <= 200),
  tokens double precision not null,
  filled_at timestamptz not null default clock_timestamp(),
  refused integer not null default 0 check (refused >= 0),
  refused_since timestamptz,
  told_at timestamptz
);
create index throttle_untold on countersign.throttle (told_at) where refused > 0;

-- Nobody is deleted: what the log says about an id stays readable.
create trigger users_stay before delete or truncate on countersign.users for each statement execute function countersign.refuse_rewrite();
alter table countersign.users enable always trigger users_stay;
--> statement-breakpoint

-- db/grants.ts says the same as data.
revoke all on countersign.users, countersign.passwords, countersign.identities, countersign.sessions, countersign.invites,
  countersign.set_up, countersign.personal_tokens, countersign.throttle from public;
grant select on countersign.users to countersign_auditor;
grant select, insert, update (name, roles, disabled_at) on countersign.users to countersign_console;
grant select, insert, update (hash, changed_at) on countersign.passwords to countersign_console;
grant select, insert on countersign.identities to countersign_console;
grant select, insert, update (seen_at, proved_at, ended_at, ended_because) on countersign.sessions to countersign_console;
grant select, insert, update (token_hash, roles, expires_at, used_at, used_by, cancelled_at) on countersign.invites to countersign_console;
grant select, insert, update (token_hash, created_at, expires_at, used_at, used_by) on countersign.set_up to countersign_console;
grant select, insert, update (seen_at, revoked_at) on countersign.personal_tokens to countersign_console;
grant select, insert, update, delete on countersign.throttle to countersign_console;
