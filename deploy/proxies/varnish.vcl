# Partbook behind Varnish: /etc/varnish/default.vcl. Tried with 7.1.1; docs/proxies.md says how it behaves.
# varnishd … -p timeout_idle=60: a client that asks every ten seconds keeps its connection.
# The Host of clients is passed on, so PARTBOOK_HOSTS has to name it: docs/access.md.
vcl 4.1;

import std;

backend default {
    .host = "127.0.0.1";
    .port = "8000";
    # As long as a statement of Partbook may take, and more. Idle connections are closed after 60 s anyway, before Partbook does.
    .first_byte_timeout = 75s;
}

sub vcl_recv {
    # Varnish sends a body on before it reads the answer: of one far over Partbook's limit of 1 MiB it would make a 503.
    if (std.integer(req.http.Content-Length, 0) > 2097152) {
        return (synth(413));
    }
    # Nothing of Partbook is kept: each answer would be asked for again anyway (Cache-Control: no-cache). What Varnish may keep
    # it asks for in gzip and unpacks for those who cannot read that, which makes tags weak.
    return (pass);
}
