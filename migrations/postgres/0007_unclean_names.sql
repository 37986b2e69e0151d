-- partbook: compatible: an index changes no answer
-- partbook: effect-varies: the pattern of what is unclean is in characters that the encoding has
-- The few rows whose names are not clean: who looks for a name looks at each of them, since another may look like it.
do $$
declare
    -- Escapes, since a character that the encoding lacks could not be written here.
    unclean text := case current_setting('server_encoding')
        when 'SQL_ASCII' then '^ | $|  |\u0009|\u000a|\u000b|\u000c|\u000d|\u00c2\u0085|\u00c2\u00a0|\u00c2\u00ad|\u00e1\u009a\u0080|\u00e2\u0080\u0080|\u00e2\u0080\u0081|\u00e2\u0080\u0082|\u00e2\u0080\u0083|\u00e2\u0080\u0084|\u00e2\u0080\u0085|\u00e2\u0080\u0086|\u00e2\u0080\u0087|\u00e2\u0080\u0088|\u00e2\u0080\u0089|\u00e2\u0080\u008a|\u00e2\u0080\u008b|\u00e2\u0080\u008c|\u00e2\u0080\u008d|\u00e2\u0080\u008e|\u00e2\u0080\u008f|\u00e2\u0080\u00a8|\u00e2\u0080\u00a9|\u00e2\u0080\u00aa|\u00e2\u0080\u00ab|\u00e2\u0080\u00ac|\u00e2\u0080\u00ad|\u00e2\u0080\u00ae|\u00e2\u0080\u00af|\u00e2\u0081\u009f|\u00e2\u0081\u00a0|\u00e2\u0081\u00a6|\u00e2\u0081\u00a7|\u00e2\u0081\u00a8|\u00e2\u0081\u00a9|\u00e3\u0080\u0080|\u00ef\u00bb\u00bf'
        else '^ | $|  |[\u0009\u000a\u000b\u000c\u000d\u0085\u00a0\u00ad\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u202f\u205f\u2060\u2066\u2067\u2068\u2069\u3000\ufeff]'
    end;
    named text;
begin
    foreach named in array array['cpu', 'gpu', 'profile', 'ports_profile']
    loop
        execute format('create index %I on %I (name) where name ~ %L', 'ix_' || named || '_unclean_name', named, unclean);
    end loop;
end
$$;
