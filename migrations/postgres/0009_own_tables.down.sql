-- Back beside the tables of the catalog, which the search path begins with.
do $back$ begin
    execute $own$alter table ${own}idempotency_key set schema $own$ || quote_ident(current_schema());
end $back$;
