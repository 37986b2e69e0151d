//! Settings from flags and a made-up environment.

use super::*;

fn none(_: &str) -> Option<OsString> {
    None
}

#[test]
fn a_flag_goes_before_a_variable_and_an_empty_variable_is_none() {
    let name = |variables| Name { flag: "--listen", variable: "PARTBOOK_LISTEN", variables };
    let read = |flag, variables| name(variables).read(flag, "127.0.0.1:8000", listen);
    assert_eq!(read(None, none).unwrap(), "127.0.0.1:8000");
    assert_eq!(read(None, |_| Some("".into())).unwrap(), "127.0.0.1:8000");
    assert_eq!(read(None, |_| Some(" localhost:1 ".into())).unwrap(), "localhost:1");
    assert_eq!(read(Some("[::1]:2"), |_| Some("localhost:1".into())).unwrap(), "[::1]:2");
    let BadSetting(message) = read(None, |_| Some("8000".into())).unwrap_err();
    assert!(message.starts_with("PARTBOOK_LISTEN: `8000` is no address"), "{message}");
    let BadSetting(message) = read(Some("a\nb:1"), none).unwrap_err();
    assert!(message.starts_with("--listen: ") && !message.contains('\n'), "{message}");
}

#[test]
fn the_database_url_never_shows_its_password() {
    let of = |flag, variables| database_url_of(flag, None, variables);
    assert_eq!(of(None, none).unwrap().to_string(), "sqlite://partbook.db");
    let url = of(None, |name| (name == "DATABASE_URL").then(|| "postgres://u:secret@h/d".into())).unwrap();
    assert!(url.has_password());
    for (flag, variables) in [
        (Some("postgres://u:secret@h/d"), none as Variables),
        (Some("postgres://h/d?password=secret"), none),
        (Some("u:secret@h"), none),
        (None, |name| (name == "DATABASE_URL").then(|| "postgress://u:secret@h/d".into())),
        (None, |_| Some("postgres://u:secret@h/d".into())),
    ] {
        let BadSetting(message) = of(flag, variables).unwrap_err();
        assert!(!message.contains("secret") && !message.contains('\n'), "{message}");
        assert!(message.contains(if flag.is_some() { "--database-url" } else { "DATABASE_URL" }), "{message}");
    }
    let BadSetting(message) = database_url_of(None, Some("/nowhere/url".into()), none).unwrap_err();
    assert!(message.starts_with("--database-url-file: `/nowhere/url`"), "{message}");
}

#[test]
fn a_mistyped_log_level_does_not_silence_the_log() {
    assert!(log_level("loud").is_err() && log_level("info,sqlx=loud").is_err() && log_level("").is_err());
    let filter = log_level("warn,partbook=debug").unwrap();
    assert!(filter.would_enable("partbook::listener", &tracing::Level::DEBUG));
    assert!(!filter.would_enable("hyper", &tracing::Level::INFO));
    let filter = log_level("debug").unwrap();
    assert!(!filter.would_enable("sqlx::query", &tracing::Level::INFO));
}

#[test]
fn origins_become_what_browsers_send() {
    assert_eq!(
        origins("http://localhost:3000/, HTTPS://Parts.Example:443").unwrap(),
        ["http://localhost:3000", "https://parts.example"]
    );
    assert_eq!(origins("*").unwrap(), ["*"]);
    for text in ["localhost:3000", "https://parts.example/shop", "ftp://parts.example", "null"] {
        assert!(origins(text).is_err(), "{text}");
    }
}

#[test]
fn numbers_and_switches_have_bounds() {
    assert!(pool_size("0").is_err() && pool_size("1001").is_err() && pool_size("-1").is_err());
    assert_eq!(pool_size("1000"), Ok(1000));
    assert!(switch("maybe").is_err() && seconds("3601").is_err() && word("").is_err());
    for text in ["", ":8000", "::1:8000", "127.0.0.1", "127.0.0.1:80000", "http://127.0.0.1:8000", "a b:1"] {
        assert!(listen(text).is_err(), "{text}");
    }
}
