//! Which texts are database URLs, and what is shown of them.

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
    let Target::Postgres(options) = url.target() else { panic!("{url:?}") };
    assert!(matches!(options.get_ssl_mode(), sqlx::postgres::PgSslMode::Require));
    assert!(url.statement_cache());
    let pooled = DatabaseUrl::parse("postgresql+asyncpg://u@h/d?prepared_statement_cache_size=0").unwrap();
    assert!(!pooled.statement_cache());
}
