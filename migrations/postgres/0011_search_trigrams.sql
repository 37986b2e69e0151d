-- partbook: optional: search finds the same without it, and is slower where there are many rows
-- partbook: extension: pg_trgm
-- partbook: compatible: an index changes no answer
-- partbook: outside-transaction: writers need not wait while it is made
-- Which rows have three letters in a row of their folded text. New entries wait in a list until it has 512 kB, and are then taken into the
-- index together, which costs a third: a longer one would cost each search milliseconds, since it is walked through.
create extension if not exists pg_trgm;
create index concurrently if not exists ix_cpu_search_trigrams on cpu using gin (partbook_search gin_trgm_ops) with (gin_pending_list_limit = 512);
create index concurrently if not exists ix_gpu_search_trigrams on gpu using gin (partbook_search gin_trgm_ops) with (gin_pending_list_limit = 512);
create index concurrently if not exists ix_listing_search_trigrams on listing using gin (partbook_search gin_trgm_ops) with (gin_pending_list_limit = 512);
