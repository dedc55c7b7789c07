-- What the target showed of a ticket when it was last verified and nothing was wrong with it. Who finds it so again
-- knows that nobody has changed it since.
create table image (
  route     int not null references route,
  source_id text not null,
  print     text not null,
  at        timestamptz not null default clock_timestamp(),
  primary key (source_id, route)
);
-- What was taken back, or could not be, by which run: the crosswalk has forgotten what was taken back.
create table undone (
  route     int not null references route,
  source_id text not null,
  target_id text not null,
  made_by   bigint not null,
  run       bigint not null,
  result    text not null check (result in ('reversed', 'kept', 'impossible')),
  detail    text not null default '',
  at        timestamptz not null default clock_timestamp(),
  primary key (source_id, route, made_by)
);
