//! The hosts that requests may be for.

use clap::Args;
use nix::unistd::gethostname;
use partbook_http::{Host, Hosts, Named};

use super::setting::Setting;

/// The hosts that requests may be for.
#[derive(Args)]
pub(crate) struct HostArguments {
    /// The names and addresses by which clients reach the service, without ports and separated by commas, or `*` for all. Those of
    /// this machine need not be named. On a loopback address a request for another host is 421; elsewhere it is where this is
    /// set
    #[arg(long, env = "PARTBOOK_HOSTS", default_value = "", hide_default_value = true)]
    #[arg(value_name = "HOSTS", value_parser = Setting(named))]
    hosts: OptionalNamed,
}

/// What is named, or nothing. (In the place of its name, clap would read `Option` as "need not be given".)
type OptionalNamed = Option<Named>;

impl HostArguments {
    pub(crate) fn hosts(&self) -> Hosts {
        let name = gethostname().ok().and_then(|name| name.into_string().ok()).unwrap_or_default();
        // Known by its first part, too, where the machine's name is whole.
        let names = [name.as_str(), name.split('.').next().unwrap_or_default()];
        Hosts { named: self.hosts.clone(), of_machine: names.into_iter().filter_map(Host::parse).collect() }
    }
}

fn named(text: &str) -> Result<OptionalNamed, String> {
    let parts = || text.split(',').map(str::trim).filter(|part| !part.is_empty());
    if parts().any(|part| part == "*") {
        return if parts().count() == 1 {
            Ok(Some(Named::Any))
        } else {
            Err("holds * beside other hosts, which it includes; use either".to_owned())
        };
    }
    let hosts = parts().map(|part| {
        Host::parse(part).ok_or_else(|| {
            let part = part.escape_debug();
            format!(
                "holds `{part}`, which is not a host; use names and addresses without a port, such as parts.example"
            )
        })
    });
    let hosts = hosts.collect::<Result<Vec<Host>, String>>()?;
    Ok((!hosts.is_empty()).then_some(Named::These(hosts)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_names_and_addresses() {
        let host = |text| Host::parse(text).unwrap();
        assert_eq!(named(""), Ok(None));
        assert_eq!(named("*"), Ok(Some(Named::Any)));
        let these = vec![host("parts.example"), host("192.0.2.7"), host("::1")];
        assert_eq!(named("Parts.Example., 192.0.2.7,[::1],"), Ok(Some(Named::These(these))));
        for text in
            ["parts.example:8000", "https://parts.example", "*.example", "*,a", "a b", "b\u{fc}cher.example", "a/b"]
        {
            assert!(named(text).is_err(), "{text}");
        }
    }
}
