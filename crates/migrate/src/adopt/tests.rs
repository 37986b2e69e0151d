//! What counts as a difference. Whole databases are adopted in the process tests.

use super::compare::*;
use super::*;

fn schema(lines: &str) -> Vec<Definition> {
    lines.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| line.parse().unwrap()).collect()
}

const WANTED: &str = "
    enum medium 'nvme', 'hdd'
    table cpu
    column cpu.id integer
    column cpu.name character varying(255)
    column cpu.price double precision
    default cpu.id nextval('cpu_id_seq'::regclass)
    default cpu.price 0
    not-null cpu.id
    not-null cpu.name
    constraint cpu.cpu_pkey PRIMARY KEY (id)
    constraint cpu.cpu_name_key UNIQUE (name)
    index cpu.ix_cpu_price CREATE INDEX ix_cpu_price ON cpu USING btree (price)";

#[test]
fn what_is_written_otherwise_is_no_difference() {
    let live = schema(
        "enum medium 'nvme', 'sata_ssd', 'hdd'
        table cpu
        table listing_note
        column cpu.id integer
        column cpu.name character varying(255)
        column cpu.price double precision
        column cpu.colour text
        default cpu.id nextval('cpus_seq'::regclass)
        default cpu.price '0'::double precision
        not-null cpu.id
        not-null cpu.name
        constraint cpu.pk PRIMARY KEY (id)
        index cpu.uq_name CREATE UNIQUE INDEX uq_name ON cpu USING btree (name)
        index cpu.mine CREATE INDEX mine ON cpu USING btree (price)",
    );
    let wanted = schema(WANTED);
    assert_eq!(Comparison::of(&wanted, &live).differences, Vec::<String>::new());
    assert_eq!(besides(&wanted, &live), ["table listing_note", "column cpu.colour"]);
}

#[test]
fn everything_that_matters_is_told() {
    for (from, to, told) in [
        ("'nvme', 'hdd'", "'nvme'", "enum medium lacks 'hdd'"),
        ("character varying(255)", "text", "column cpu.name is `text` and must be `character varying(255)`"),
        ("not-null cpu.name", "", "not-null cpu.name is missing"),
        ("not-null cpu.id", "not-null cpu.id\nnot-null cpu.price", "column cpu.price refuses null, and must not"),
        ("default cpu.price 0", "default cpu.price 1", "default cpu.price is `1` and must be `0`"),
        ("UNIQUE (name)", "UNIQUE (name, id)", "table cpu lacks UNIQUE (name)"),
        ("column cpu.price double precision", "", "column cpu.price is missing"),
        (
            "not-null cpu.id",
            "not-null cpu.id\ncolumn cpu.colour text\nnot-null cpu.colour",
            "column cpu.colour refuses null and has no default: rows could not be made",
        ),
    ] {
        let live = schema(&WANTED.replace(from, to));
        assert_eq!(Comparison::of(&schema(WANTED), &live).differences, [told]);
    }
    let nothing = Comparison::of(&schema(WANTED), &[]).differences;
    assert_eq!(nothing, ["enum medium is missing", "table cpu is missing"]);
}

#[test]
fn a_migration_is_there_wholly_or_not_at_all() {
    let made = schema("table note\ncolumn note.id integer\nindex note.ix CREATE INDEX ix ON note USING btree (id)");
    assert_eq!(presence(&made, &schema(WANTED)), Verdict::Absent);
    assert_eq!(presence(&made, &made), Verdict::Present);
    let half = schema("table note\ncolumn note.id bigint");
    let Verdict::Differs(differences) = presence(&made, &half) else { panic!() };
    assert_eq!(differences.len(), 2, "{differences:?}");
}
