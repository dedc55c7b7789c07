-- A ticket that takes several calls on its target is `made` after the first one and `done` after the last.
alter table effect drop constraint effect_state_check;
alter table effect add constraint effect_state_check
  check (state in ('announced', 'absent', 'refused', 'made', 'done'));
-- Tickets that are made and not done: few at any time, and all that the next run must know of.
create index effect_made on effect (route) where state = 'made';
