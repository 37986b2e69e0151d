//! Which texts are database URLs, and what is shown of them.

use sqlx::postgres::PgConnectOptions;

use super::*;

fn shown(text: &str) -> String {
    DatabaseUrl::parse(text).unwrap().to_string()
}

fn fault(text: &str) -> String {
    DatabaseUrl::parse(text).unwrap_err().to_string()
}

#[test]
fn a_file_is_named_relative_or_absolute() {
    for (text, path) in [
        ("sqlite://partbook.db", "partbook.db"),
        ("sqlite:partbook.db", "partbook.db"),
        ("SQLite://data/partbook.db?mode=rwc", "data/partbook.db"),
        ("sqlite:///var/lib/partbook.db", "/var/lib/partbook.db"),
        ("sqlite://a%20b%3F.db", "a b?.db"),
        (" sqlite://partbook.db\n", "partbook.db"),
    ] {
        assert_eq!(DatabaseUrl::parse(text).unwrap().file(), Some(Path::new(path)), "{text}");
    }
}

#[test]
fn postgres_is_reached_in_many_spellings() {
    for scheme in ["postgres", "postgresql", "postgresql+asyncpg", "postgres+psycopg2", "PostgreSQL"] {
        assert_eq!(shown(&format!("{scheme}://u:p@h:5433/d")), "postgres://u@h:5433/d");
    }
    assert_eq!(
        shown("postgres:///d?host=/var/run/postgresql&user=u&port=1"),
        "postgres://u@/d?host=/var/run/postgresql&port=1"
    );
    let login = DatabaseUrl::parse("postgresql+asyncpg://u:p+%26@/d?host=/cloudsql/x&port=5432").unwrap();
    assert_eq!(login.to_string(), "postgres://u@/d?host=/cloudsql/x&port=5432");
    assert!(login.has_password());
    assert_eq!(shown("postgres://u@%2Ftmp:5432/d"), "postgres://u@/d?host=/tmp&port=5432");
}

#[test]
fn what_is_no_database_url_is_never_a_file() {
    for text in ["foo.db", "", "  ", "/var/lib/partbook.db", "partbook", "C:\\partbook.db", "u:secret@host/d"] {
        let message = fault(text);
        assert!(message.contains(ALLOWED) && !message.contains("secret"), "{text}: {message}");
    }
    for text in ["postgress://u:secret@h/d", "mysql://u:secret@h/d", "sqlite+aiosqlite:///x.db", "postgres+://h/d"] {
        let message = fault(text);
        assert!(message.contains(ALLOWED) && !message.contains("secret"), "{text}: {message}");
        assert!(message.contains(text.split_once(':').unwrap().0), "{text}: {message}");
    }
}

#[test]
fn what_cannot_be_read_is_one_line_without_the_password() {
    for text in [
        "postgres://u:sec#ret@h/d",
        "postgres://u:secret@h:99999/d",
        "postgres://u:secret@h/d?sslmode=maybe",
        "postgres://u:secret@h/d?ssl=require&sslmode=disable",
        "postgres://u:secret@h/d?port=x",
        "postgres://u:secret%FF@h/d",
        "postgres:u:secret@h/d",
        "sqlite://:memory:",
        "sqlite://",
        "sqlite://x.db?mode=memory",
        "sqlite://x.db?cache=shared",
    ] {
        let message = fault(text);
        assert!(!message.contains("secret") && !message.contains('\n'), "{text}: {message}");
    }
}

#[test]
fn nothing_printed_holds_the_password() {
    for text in ["postgres://u:secret@h/d", "postgres://u@h/d?password=secret", "postgres://u:secret@/d"] {
        let url = DatabaseUrl::parse(text).unwrap();
        assert!(url.has_password());
        assert!(!format!("{url} {url:?}").contains("secret"), "{url:?}");
    }
    assert!(!DatabaseUrl::parse("postgres://u@h/d").unwrap().has_password());
}

#[test]
fn parameters_of_other_drivers_are_mapped_or_named() {
    let url = DatabaseUrl::parse("postgresql+asyncpg://u@h/d?ssl=require&command_timeout=5&channel_binding=prefer");
    let url = url.unwrap();
    assert_eq!(url.ignored(), ["command_timeout", "channel_binding"]);
    let Target::Postgres(servers) = url.target() else { panic!("{url:?}") };
    assert!(matches!(servers.first().get_ssl_mode(), sqlx::postgres::PgSslMode::Require));
    assert!(url.statement_cache());
}

#[test]
fn prepared_statements_are_turned_off_by_the_names_of_other_drivers() {
    let statement_cache = |query: &str| {
        let url = DatabaseUrl::parse(&format!("postgres://u@h/d?{query}")).unwrap();
        assert!(url.ignored().is_empty(), "{query}: {:?}", url.ignored());
        url.statement_cache()
    };
    for query in [
        "prepared_statement_cache_size=0",
        "statement_cache_size=0",
        "statement-cache-capacity=0",
        "pgbouncer=true",
        "prepareThreshold=0",
        "prepare_threshold=None",
        "prepared_statements=false",
        "prepare=false",
        "prefer_simple_protocol=true",
        "binary_parameters=yes",
        "default_query_exec_mode=simple_protocol",
        "statement_cache_mode=describe",
    ] {
        assert!(!statement_cache(query), "{query}");
    }
    for query in [
        "statement_cache_size=100",
        "pgbouncer=false",
        "prepareThreshold=5",
        "prepare_threshold=0",
        "prepared_statements=true",
        "default_query_exec_mode=cache_statement",
    ] {
        assert!(statement_cache(query), "{query}");
    }
    assert!(!statement_cache("pgbouncer=true&statement_cache_size=100"), "one is enough");
}

fn options(text: &str) -> PgConnectOptions {
    match DatabaseUrl::parse(text).unwrap().target() {
        Target::Postgres(servers) => servers.first().clone(),
        Target::Sqlite(_) => panic!("{text}"),
    }
}

#[test]
fn a_numeric_address_of_ipv6_has_no_brackets() {
    assert_eq!(options("postgres://u@[::1]:5433/d").get_host(), "::1");
    assert_eq!(options("postgres://u@h/d?host=::1").get_host(), "::1");
    assert_eq!(options("postgres://u@[::1]/d?host=db").get_host(), "db", "the parameter goes first, as for names");
    assert_eq!(shown("postgres://u@[2001:DB8::1]:5433/d"), "postgres://u@[2001:db8::1]:5433/d");
}

/// The servers of a URL, each as host and port.
fn places(text: &str) -> Vec<String> {
    match DatabaseUrl::parse(text).unwrap().target() {
        Target::Postgres(servers) => servers.hosts.iter().map(address).collect(),
        Target::Sqlite(_) => panic!("{text}"),
    }
}

#[test]
fn several_hosts_are_read_as_libpq_reads_them() {
    for (text, hosts) in [
        ("postgres://u@a:1,b:2/d", &["a:1", "b:2"][..]),
        ("postgres://u@a,b:2/d", &["a:5432", "b:2"]),
        ("postgres://u@[::1]:1,[2001:db8::1]:2/d", &["[::1]:1", "[2001:db8::1]:2"]),
        ("postgres://u@/d?host=a,b", &["a:5432", "b:5432"]),
        ("postgres://u:secret@h/d?host=a,b&port=1,2", &["a:1", "b:2"]),
        ("postgres://u:secret@a,b/d?port=6", &["a:6", "b:6"]),
        (
            "postgres://u@a,b,c/d?hostaddr=10.0.0.1,10.0.0.2,10.0.0.3",
            &["10.0.0.1:5432", "10.0.0.2:5432", "10.0.0.3:5432"],
        ),
        ("postgres://u@/d?host=/run/a,/run/b&port=1,2", &["/run/a:1", "/run/b:2"]),
        ("postgres://u:a,b@h:1/d", &["h:1"]),
    ] {
        assert_eq!(places(text), hosts, "{text}");
    }
    assert_eq!(shown("postgres://u:secret@a:1,b:2/d?target_session_attrs=read-write"), "postgres://u@a:1,b:2/d");
    assert_eq!(shown("postgres://u@/d?host=/run/a,/run/b"), "postgres://u@/d?host=/run/a,/run/b&port=5432,5432");
    for text in [
        "postgres://u:secret@a,b,c/d?port=1,2",
        "postgres://u:secret@a,b/d?hostaddr=10.0.0.1",
        "postgres://u:secret@a,/d",
        "postgres://u:secret@a,b/d?target_session_attrs=secret",
        "postgres://u:secret@a,b/d?load_balance_hosts=secret",
        "postgres://u:secret@a,b/d?connect_timeout=secret",
    ] {
        assert!(!fault(text).contains("secret"), "{text}: {}", fault(text));
    }
    // Only a URL that may hold a password is said to hold a bad one.
    assert!(!fault("postgres://h:99999/d").contains("password"));
    assert!(fault("postgres://u:se/cret@h/d").contains("password"));
}

#[test]
fn several_hosts_are_told_to_programs_as_they_stand() {
    let url =
        "postgres://u:secret@a:1,b:2/d?target_session_attrs=read-write&load_balance_hosts=random&connect_timeout=7";
    let variables = DatabaseUrl::parse(url).unwrap().libpq_variables();
    for pair in [
        ("PGHOST", "a,b"),
        ("PGPORT", "1,2"),
        ("PGDATABASE", "d"),
        ("PGUSER", "u"),
        ("PGPASSWORD", "secret"),
        ("PGTARGETSESSIONATTRS", "read-write"),
        ("PGLOADBALANCEHOSTS", "random"),
        ("PGCONNECT_TIMEOUT", "7"),
    ] {
        assert!(variables.iter().any(|(name, value)| (*name, &**value) == pair), "{pair:?}: {variables:?}");
    }
}

#[test]
fn the_search_path_has_many_names() {
    for (query, path) in [
        ("schema=My%20Parts", "-c search_path=\"My\\ Parts\""),
        ("currentSchema=parts,public", "-c search_path=parts,public"),
        ("search_path=parts", "-c search_path=parts"),
        ("schema=parts&schema=parts", "-c search_path=\"parts\""),
    ] {
        assert_eq!(options(&format!("postgres://u@h/d?{query}")).get_options(), Some(path));
    }
    for query in ["schema=", "schema=a&currentSchema=b"] {
        assert!(fault(&format!("postgres://u@h/d?{query}")).contains("schema"), "{query}");
    }
}

#[test]
fn certificates_mean_what_they_mean_to_libpq() {
    use sqlx::postgres::PgSslMode::{Prefer, Require, VerifyCa, VerifyFull};
    for (query, mode) in [
        ("sslmode=require", Require),
        ("sslmode=require&sslrootcert=ca.pem", VerifyCa),
        ("sslrootcert=ca.pem&ssl=true", VerifyCa),
        ("sslrootcert=ca.pem", Prefer),
        ("sslmode=verify-full&sslrootcert=ca.pem", VerifyFull),
        ("sslrootcert=system", VerifyFull),
        ("sslrootcert=system&sslmode=verify-full", VerifyFull),
    ] {
        let options = options(&format!("postgres://u@h/d?{query}"));
        assert_eq!(format!("{:?}", options.get_ssl_mode()), format!("{mode:?}"), "{query}");
        assert!(!format!("{options:?}").contains("\"system\""), "no file of that name is looked for");
    }
    assert!(fault("postgres://u@h/d?sslrootcert=system&sslmode=require").contains("verify-full"));
}

#[test]
fn a_url_without_a_user_means_whoever_runs_the_process() {
    let user = options("postgres:///d?host=/var/run/postgresql").get_username().to_owned();
    let system = std::process::Command::new("id").arg("-un").output().unwrap();
    assert_eq!(user, String::from_utf8(system.stdout).unwrap().trim());
}

#[test]
fn one_of_several_servers_has_the_same_database() {
    let url = DatabaseUrl::parse("postgres://u@a,b/catalog").unwrap();
    // As of a connection to another database of the server, where this one is gone or in use.
    let reached = options("postgres://u@b/postgres");
    assert_eq!(url.on_server(reached).to_string(), "postgres://u@b:5432/catalog");
}
