-- What people work on before it is published: one open draft for each policy, every saved text of it, and votes that name the text they
-- were given to. The console's verbs decide who may do what (db/drafts.ts, db/reviews.ts); these guards keep what was written.
create table countersign.drafts (
  id text primary key check (id ~ '^[0-9a-f]{32}$'),
  name text not null check (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
  kind text not null check (kind in ('policy', 'guardrail')),
  -- The version in force that the newest text was made from; 0 where none was.
  base integer not null check (base >= 0),
  revision integer not null check (revision > 0),
  state text not null check (state in ('draft', 'checked', 'in_review', 'approved', 'published', 'abandoned')),
  published_as integer check ((published_as is not null) = (state = 'published')),
  opened_by text not null,
  opened_at timestamptz not null default clock_timestamp(),
  changed_at timestamptz not null default clock_timestamp()
);
create unique index drafts_open on countersign.drafts (name) where state not in ('published', 'abandoned');

-- What the server's own checks said of each text is kept beside it, as counts.
create table countersign.draft_revisions (
  draft text not null references countersign.drafts,
  revision integer not null check (revision > 0),
  base integer not null check (base >= 0),
  yaml text not null check (octet_length(yaml) <= 262144),
  yaml_sha256 text not null check (yaml_sha256 = encode(sha256(convert_to(yaml, 'UTF8')), 'hex')),
  digest text check (digest ~ '^[0-9a-f]{64}$'),
  errors integer not null,
  warnings integer not null,
  tests integer not null,
  failed integer not null,
  author text not null,
  saved_at timestamptz not null default clock_timestamp(),
  primary key (draft, revision)
);

-- A vote is for one text: its revision and the digest of its bytes. Of somebody's votes on a revision the last one counts; `vote` numbers
-- them all.
create table countersign.reviews (
  draft text not null,
  revision integer not null,
  vote integer not null check (vote > 0),
  yaml_sha256 text not null check (yaml_sha256 ~ '^[0-9a-f]{64}$'),
  reviewer text not null,
  verdict text not null check (verdict in ('approve', 'request_changes')),
  message text not null check (octet_length(message) <= 8192),
  cast_at timestamptz not null default clock_timestamp(),
  primary key (draft, revision, vote),
  foreign key (draft, revision) references countersign.draft_revisions
);

-- What the organisation decided for itself. `revision` is for compare-and-swap; the history is in the log.
create table countersign.settings (
  one boolean primary key default true check (one),
  review text not null default 'auto' check (review in ('auto', 'on', 'off')),
  revision integer not null default 0,
  changed_by text,
  changed_at timestamptz not null default clock_timestamp()
);
insert into countersign.settings default values;

-- Calls that people keep beside a policy, to see what a change would do to them. `call` is JSON as the simulation reads it.
create table countersign.samples (
  id text primary key check (id ~ '^[0-9a-f]{32}$'),
  policy text not null check (policy ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
  label text not null check (octet_length(label) <= 1024),
  call text not null check (octet_length(call) <= 65536 and json_typeof(call::json) = 'object'),
  author text not null,
  kept_at timestamptz not null default clock_timestamp()
);
create index samples_of_policy on countersign.samples (policy, kept_at);
--> statement-breakpoint

create trigger draft_revisions_stay before update or delete or truncate on countersign.draft_revisions
  for each statement execute function countersign.refuse_rewrite();
create trigger reviews_stay before update or delete or truncate on countersign.reviews
  for each statement execute function countersign.refuse_rewrite();
create trigger drafts_stay before delete or truncate on countersign.drafts
  for each statement execute function countersign.refuse_rewrite();
alter table countersign.draft_revisions enable always trigger draft_revisions_stay;
alter table countersign.reviews enable always trigger reviews_stay;
alter table countersign.drafts enable always trigger drafts_stay;

-- A draft that ended stays as it ended, its revision never falls, and what it is a draft of never changes.
create function countersign.guard_draft() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if old.state in ('published', 'abandoned') or new.revision < old.revision
    or (new.id, new.name, new.kind, new.opened_by, new.opened_at) is distinct from (old.id, old.name, old.kind, old.opened_by, old.opened_at) then
    raise exception 'draft % can not be changed like that', old.id using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create trigger drafts_guard before update on countersign.drafts for each row execute function countersign.guard_draft();
alter table countersign.drafts enable always trigger drafts_guard;
--> statement-breakpoint

revoke all on countersign.drafts, countersign.draft_revisions, countersign.reviews, countersign.settings, countersign.samples from public;
revoke all on function countersign.guard_draft() from public;
grant select on countersign.drafts, countersign.draft_revisions, countersign.reviews, countersign.settings, countersign.samples
  to countersign_console, countersign_auditor;
grant insert on countersign.drafts, countersign.draft_revisions, countersign.reviews, countersign.samples to countersign_console;
grant update (base, revision, state, published_as, changed_at) on countersign.drafts to countersign_console;
grant update (review, revision, changed_by, changed_at) on countersign.settings to countersign_console;
grant delete on countersign.samples to countersign_console;
