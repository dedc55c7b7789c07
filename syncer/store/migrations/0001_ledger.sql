-- What syncer knows: who writes a route, what was announced and done, what was parked, what the lists say.

create table route (
  id   int generated always as identity primary key,
  name text not null unique
);

-- One writer for each route. A statement that writes for a route reads this row `for share` under its epoch.
create table lease (
  route  int primary key references route,
  epoch  bigint not null default 0,
  holder text not null default '',
  until  timestamptz not null default '-infinity'
);

create table run (
  id             bigint generated always as identity primary key,
  route          int not null references route,
  kind           text not null,
  state          text not null default 'running' check (state in ('running', 'done', 'stopped', 'interrupted')),
  started_at     timestamptz not null default clock_timestamp(),
  ended_at       timestamptz,
  lookup_version bigint not null default 0,
  counts         jsonb not null default '{}',
  losses         jsonb not null default '{}',
  message        text not null default '',
  holder         text not null default ''
);

-- One row for each effect on a target; that of step 'ticket' is the link of source and target.
-- Rows are inserted once and updated once: room is left on the page for that. The key begins with source_id, so that a
-- planner without statistics has no index that would read a whole route.
create table effect (
  route          int not null,
  source_id      text not null,
  step           text not null default 'ticket',
  key            text not null,
  state          text not null check (state in ('announced', 'absent', 'refused', 'done')),
  run            bigint not null,
  epoch          bigint not null,
  attempts       int not null default 1,
  attempt_at     timestamptz not null default clock_timestamp(),
  source_version text not null,
  fingerprint    bytea not null,
  target_id      text,
  done_at        timestamptz,
  primary key (source_id, route, step)
) with (fillfactor = 70);

create table dead_letter (
  route     int not null references route,
  source_id text not null,
  run       bigint not null,
  at        timestamptz not null default clock_timestamp(),
  reason    text not null,
  detail    text not null,
  state     text not null default 'parked' check (state in ('parked', 'retry', 'dropped')),
  primary key (source_id, route)
);

create table checkpoint (
  route  int primary key references route,
  cursor text not null,
  run    bigint not null,
  at     timestamptz not null default clock_timestamp()
);

-- The recovery self-test: after how many seconds the target's search saw a ticket we had just made.
create table search_lag (
  route   int primary key references route,
  seconds double precision not null,
  at      timestamptz not null default clock_timestamp()
);

create table lookup_value (
  desk         text not null,
  kind         text not null,
  id           text not null,
  name         text not null,
  path         text[] not null default '{}',
  parent       text,
  active       boolean not null default true,
  status_class text,
  email        text,
  username     text,
  seen_at      timestamptz not null default clock_timestamp(),
  primary key (desk, kind, id)
);

-- Decisions are added, never changed: a run pins a version and reads the newest row up to it.
create table lookup_map (
  route       int not null references route,
  kind        text not null,
  target_kind text not null,
  source_id   text not null,
  version     bigint not null,
  outcome     text not null check (outcome in ('map', 'drop', 'default', 'undecided')),
  target_id   text,
  how         text not null,
  score       double precision not null default 1,
  decided_by  text,
  at          timestamptz not null default clock_timestamp(),
  primary key (route, kind, target_kind, source_id, version)
);
