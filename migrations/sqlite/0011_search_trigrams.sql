-- partbook: optional: search finds the same without it, and is slower where there are many rows
-- partbook: compatible: triggers keep it, and a version that does not know it does not ask for it
-- Which rows have three characters in a row of their folded text. It only names candidates: what is in it and not in the row costs a
-- look, so `insert or replace`, for which SQLite runs no delete trigger, does no harm. The text itself is not stored again. An id
-- can be changed by each of its names, and a trigger is only asked about those that it names.
create virtual table ${own}cpu_search using fts5 (
    partbook_search, content = 'cpu', content_rowid = 'id', tokenize = 'trigram case_sensitive 1', detail = none, columnsize = 0
);
insert into ${own}cpu_search (${own}cpu_search) values ('rebuild');
create trigger ${own}cpu_search_insert after insert on cpu begin
    insert into ${own}cpu_search (rowid, partbook_search) values (new.id, new.partbook_search);
end;
create trigger ${own}cpu_search_delete after delete on cpu begin
    insert into ${own}cpu_search (${own}cpu_search, rowid, partbook_search) values ('delete', old.id, old.partbook_search);
end;
create trigger ${own}cpu_search_update after update of id, rowid, oid, _rowid_, name, manufacturer, socket on cpu
when old.id is not new.id or old.partbook_search is not new.partbook_search
begin
    insert into ${own}cpu_search (${own}cpu_search, rowid, partbook_search) values ('delete', old.id, old.partbook_search);
    insert into ${own}cpu_search (rowid, partbook_search) values (new.id, new.partbook_search);
end;

create virtual table ${own}gpu_search using fts5 (
    partbook_search, content = 'gpu', content_rowid = 'id', tokenize = 'trigram case_sensitive 1', detail = none, columnsize = 0
);
insert into ${own}gpu_search (${own}gpu_search) values ('rebuild');
create trigger ${own}gpu_search_insert after insert on gpu begin
    insert into ${own}gpu_search (rowid, partbook_search) values (new.id, new.partbook_search);
end;
create trigger ${own}gpu_search_delete after delete on gpu begin
    insert into ${own}gpu_search (${own}gpu_search, rowid, partbook_search) values ('delete', old.id, old.partbook_search);
end;
create trigger ${own}gpu_search_update after update of id, rowid, oid, _rowid_, name, manufacturer on gpu
when old.id is not new.id or old.partbook_search is not new.partbook_search
begin
    insert into ${own}gpu_search (${own}gpu_search, rowid, partbook_search) values ('delete', old.id, old.partbook_search);
    insert into ${own}gpu_search (rowid, partbook_search) values (new.id, new.partbook_search);
end;

create virtual table ${own}listing_search using fts5 (
    partbook_search, content = 'listing', content_rowid = 'id', tokenize = 'trigram case_sensitive 1', detail = none, columnsize = 0
);
insert into ${own}listing_search (${own}listing_search) values ('rebuild');
create trigger ${own}listing_search_insert after insert on listing begin
    insert into ${own}listing_search (rowid, partbook_search) values (new.id, new.partbook_search);
end;
create trigger ${own}listing_search_delete after delete on listing begin
    insert into ${own}listing_search (${own}listing_search, rowid, partbook_search) values ('delete', old.id, old.partbook_search);
end;
create trigger ${own}listing_search_update after update of id, rowid, oid, _rowid_, title, seller, device_model on listing
when old.id is not new.id or old.partbook_search is not new.partbook_search
begin
    insert into ${own}listing_search (${own}listing_search, rowid, partbook_search) values ('delete', old.id, old.partbook_search);
    insert into ${own}listing_search (rowid, partbook_search) values (new.id, new.partbook_search);
end;
