-- The extension stays: it may have been there before, and others may use it.
drop index concurrently if exists ix_cpu_search_trigrams;
drop index concurrently if exists ix_gpu_search_trigrams;
drop index concurrently if exists ix_listing_search_trigrams;
