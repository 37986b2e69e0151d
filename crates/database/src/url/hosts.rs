//! Several hosts in one URL, as libpq reads them: a URL for each.

use url::form_urlencoded;

use super::UrlError;

/// What follows `postgres://`, once for each host that it names. Parameters go before what stands before the path, and
/// `PGHOST` is for a URL without a host.
pub(super) fn one_by_one(rest: &str) -> Result<Vec<String>, UrlError> {
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = place.split_at(place.find(['/', '#']).unwrap_or(place.len()));
    let (login, named) = authority.rsplit_once('@').map_or(("", authority), |(login, hosts)| (login, hosts));
    let mut lists = Lists::default();
    let mut others = form_urlencoded::Serializer::new(String::new());
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        match &*key {
            "host" => lists.hosts = split(&value),
            "hostaddr" => lists.addresses = split(&value),
            "port" => lists.ports = split(&value),
            _ => {
                others.append_pair(&key, &value);
            }
        }
    }
    if named.is_empty() && lists.hosts.is_empty() && lists.addresses.is_empty() {
        lists.take_environment();
    }
    let named: Vec<&str> = if named.is_empty() { Vec::new() } else { named.split(',').collect() };
    let count = lists.count(named.len())?;
    if count < 2 && !lists.is_of_environment {
        return Ok(vec![rest.to_owned()]);
    }
    let (others, at) = (others.finish(), if login.is_empty() { "" } else { "@" });
    (0..count)
        .map(|number| {
            let mut query = form_urlencoded::Serializer::new(String::new());
            for (key, list) in [("host", &lists.hosts), ("hostaddr", &lists.addresses), ("port", &lists.ports)] {
                // One port is that of every host.
                if let Some(value) = list.get(number).or(list.first()).filter(|value| !value.is_empty()) {
                    query.append_pair(key, value);
                }
            }
            let (query, host) = (query.finish(), named.get(number).copied().unwrap_or_default());
            if host.is_empty() && lists.hosts.get(number).or(lists.addresses.get(number)).is_none_or(String::is_empty) {
                return Err(UrlError::Malformed("one of the hosts is empty".to_owned()));
            }
            Ok(format!("{login}{at}{host}{path}?{others}&{query}"))
        })
        .collect()
}

/// The lists that parameters hold; empty where there is none.
#[derive(Default)]
struct Lists {
    hosts: Vec<String>,
    addresses: Vec<String>,
    ports: Vec<String>,
    is_of_environment: bool,
}

impl Lists {
    fn take_environment(&mut self) {
        let variable = |name: &str| std::env::var(name).ok().filter(|text| text.contains(','));
        if let Some(hosts) = variable("PGHOST") {
            self.hosts = split(&hosts);
            if let (Some(ports), true) = (variable("PGPORT"), self.ports.is_empty()) {
                self.ports = split(&ports);
            }
            self.is_of_environment = true;
        }
    }

    /// How many hosts there are, `named` of them before the path.
    fn count(&self, named: usize) -> Result<usize, UrlError> {
        let count = [self.addresses.len(), self.hosts.len(), named].into_iter().find(|count| *count > 0).unwrap_or(1);
        let fits = |length: usize| length == 0 || length == count;
        if !fits(self.hosts.len())
            || (self.hosts.is_empty() && !fits(named))
            || !(fits(self.ports.len()) || self.ports.len() == 1)
        {
            return Err(UrlError::Malformed(
                "there are as many ports and addresses as hosts, or one port for all".to_owned(),
            ));
        }
        Ok(count)
    }
}

fn split(list: &str) -> Vec<String> {
    list.split(',').map(|part| part.trim().to_owned()).collect()
}
