alter table cpu drop column partbook_search;
alter table gpu drop column partbook_search;
alter table profile drop column partbook_search;
alter table ports_profile drop column partbook_search;
alter table port drop column partbook_search;
alter table listing drop column partbook_search;
