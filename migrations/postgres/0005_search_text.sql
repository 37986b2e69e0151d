-- partbook: compatible: the column keeps itself, and a version that does not know it does not ask for it
-- partbook: effect-varies: the pattern of what is dropped is in characters that the encoding has
-- What search looks into, folded once when it is written: ASCII letters in lower case, without marks such as (R), ASCII
-- punctuation and white space; a line for each field, so that no match crosses the border of two. A program that writes a
-- row need not know of it. RAM specs and storage profiles have none here: PostgreSQL stores nothing that is made of the text
-- of an enum, and there are few of them.
do $$
declare
    -- Escapes, since a character that the encoding lacks could not be written here.
    dropped text := case current_setting('server_encoding')
        when 'UTF8' then '(?:\((?:r|tm|c)\)|[\u0009\u000b\u000c\u000d\u0020\u0021\u0022\u0023\u0024\u0025\u0026\u0027\u0028\u0029\u002a\u002b\u002c\u002d\u002e\u002f\u003a\u003b\u003c\u003d\u003e\u003f\u0040\u005b\u005c\u005d\u005e\u005f\u0060\u007b\u007c\u007d\u007e\u0085\u00a0\u00a9\u00ae\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u2122\u3000])+'
        when 'LATIN1' then '(?:\((?:r|tm|c)\)|[\u0009\u000b\u000c\u000d\u0020\u0021\u0022\u0023\u0024\u0025\u0026\u0027\u0028\u0029\u002a\u002b\u002c\u002d\u002e\u002f\u003a\u003b\u003c\u003d\u003e\u003f\u0040\u005b\u005c\u005d\u005e\u005f\u0060\u007b\u007c\u007d\u007e\u0085\u00a0\u00a9\u00ae\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u2122\u3000])+'
        when 'SQL_ASCII' then '(?:\((?:r|tm|c)\)|[\u0009\u000b\u000c\u000d\u0020\u0021\u0022\u0023\u0024\u0025\u0026\u0027\u0028\u0029\u002a\u002b\u002c\u002d\u002e\u002f\u003a\u003b\u003c\u003d\u003e\u003f\u0040\u005b\u005c\u005d\u005e\u005f\u0060\u007b\u007c\u007d\u007e]|\u00c2\u0085|\u00c2\u00a0|\u00c2\u00a9|\u00c2\u00ae|\u00e1\u009a\u0080|\u00e2\u0080\u0080|\u00e2\u0080\u0081|\u00e2\u0080\u0082|\u00e2\u0080\u0083|\u00e2\u0080\u0084|\u00e2\u0080\u0085|\u00e2\u0080\u0086|\u00e2\u0080\u0087|\u00e2\u0080\u0088|\u00e2\u0080\u0089|\u00e2\u0080\u008a|\u00e2\u0080\u00a8|\u00e2\u0080\u00a9|\u00e2\u0080\u00af|\u00e2\u0081\u009f|\u00e2\u0084\u00a2|\u00e3\u0080\u0080)+'
        else '(?:\((?:r|tm|c)\)|[\u0009\u000b\u000c\u000d\u0020\u0021\u0022\u0023\u0024\u0025\u0026\u0027\u0028\u0029\u002a\u002b\u002c\u002d\u002e\u002f\u003a\u003b\u003c\u003d\u003e\u003f\u0040\u005b\u005c\u005d\u005e\u005f\u0060\u007b\u007c\u007d\u007e])+'
    end;
    searched text[];
    lines text;
begin
    foreach searched slice 1 in array array[
        array['cpu', 'name', 'manufacturer', 'socket'],
        array['gpu', 'name', 'manufacturer', null],
        array['profile', 'name', 'description', null],
        array['ports_profile', 'name', 'description', null],
        array['port', 'type', null, null],
        array['listing', 'title', 'seller', 'device_model']
    ]
    loop
        select string_agg(
            format('coalesce(replace(%I::text collate "C", chr(10), '' ''), '''')', field), ' || chr(10) || ' order by place
        )
        into lines
        from unnest(searched[2:]) with ordinality as text (field, place)
        where field is not null;
        execute format(
            'alter table %I add column partbook_search text collate "C"
                generated always as (regexp_replace(lower(%s), %L, '''', ''g'')) stored',
            searched[1], lines, dropped
        );
    end loop;
end
$$;
