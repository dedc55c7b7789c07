-- A plan: what a migration would do with every record, as of the moment it was made. Never changed; only forgotten.
create table plan (
  id             bigint generated always as identity primary key,
  route          int not null references route,
  hash           text not null,
  parent         text,
  made_at        timestamptz not null default clock_timestamp(),
  lookup_version bigint not null,
  basis          jsonb not null,   -- digests of all that records were planned with: mapping, decisions, people, facts
  traits         text[] not null,  -- what the numbers of plan_record.traits mean
  report         text not null,
  unique (route, hash)
);
create table plan_record (
  plan        bigint not null references plan on delete cascade,
  source_id   text not null,
  version     text,
  outcome     text not null,
  reason      text not null default '',
  detail      text not null default '',
  fingerprint bytea not null,
  losses      text[] not null default '{}',
  traits      smallint[] not null default '{}',
  primary key (plan, source_id)
);
-- Somebody goes on in spite of a finding. It holds for later plans of the route while the finding does not grow.
create table waiver (
  route  int not null references route,
  code   text not null,
  count  bigint not null,
  by     text not null,
  reason text not null,
  at     timestamptz not null default clock_timestamp(),
  primary key (route, code)
);
-- Which plan a run carried out; and what it left behind by a rule, which neither effects nor dead letters tell.
alter table run add column plan bigint references plan on delete set null;
create table skipped (
  route     int not null references route,
  source_id text not null,
  run       bigint not null,
  rule      text not null,
  primary key (source_id, route)
);
-- People that were brought to a desk: until its list is pulled anew they are known only in tickets of their own.
alter table lookup_value add column brought boolean not null default false;
-- What was lost on the way of each effect, and nobody could have foretold.
alter table effect add column losses text[] not null default '{}';
