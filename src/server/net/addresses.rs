//! Client addresses: which one a request comes from, and how many connections each may have.
//!
//! An address is what one client is likely to have alone: one of IPv4, or a /64 network of IPv6. Loopback is not limited: it is this machine.

use axum::http::{HeaderMap, HeaderName, header::FORWARDED};
use ipnet::{IpNet, Ipv6Net};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// How many bits of an IPv6 address are the network's.
const NETWORK: u8 = 64;

/// The address that a request comes from: the peer's, or the one that a trusted proxy gives. An extension of every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// What is counted as one address.
    pub fn counted(self) -> IpAddr {
        counted(self.0)
    }
}

/// The addresses that have connections. Clones share it.
#[derive(Clone)]
pub struct Addresses {
    /// How many connections an address may have; 0 for any number.
    limit: usize,
    trusted: Arc<[IpNet]>,
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Addresses {
    pub fn new(limit: usize, trusted: &[IpNet]) -> Self {
        Self { limit, trusted: trusted.into(), counts: Arc::default() }
    }

    /// A place for a connection of this peer; `None` where it has too many. A trusted proxy is not limited: its requests are.
    pub fn connect(&self, peer: IpAddr) -> Option<Place> {
        if self.is_trusted(peer.to_canonical()) { Some(Place(None)) } else { self.enter(peer) }
    }

    /// A place of this address; `None` where it has too many.
    pub fn enter(&self, address: IpAddr) -> Option<Place> {
        let address = counted(address);
        if self.limit == 0 || address.is_loopback() {
            return Some(Place(None));
        }
        let mut counts = self.lock();
        let count = counts.entry(address).or_default();
        if *count >= self.limit {
            return None;
        }
        *count += 1;
        drop(counts);
        Some(Place(Some(Box::new((self.clone(), address)))))
    }

    /// Where a request comes from: the last address in `x-forwarded-for`, or else `forwarded` (RFC 7239), that is no trusted proxy, if a
    /// trusted proxy sent it. What a client writes into these headers stands before that, and is not believed.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> ClientAddress {
        let mut client = peer.to_canonical();
        let name = if headers.contains_key(&X_FORWARDED_FOR) { X_FORWARDED_FOR } else { FORWARDED };
        let values: Vec<_> = headers.get_all(&name).iter().filter_map(|value| value.to_str().ok()).collect();
        for hop in values.iter().flat_map(|value| value.split(',')).rev() {
            let hop = if name == FORWARDED { forwarded_for(hop) } else { Some(hop) };
            let Some(address) = hop.and_then(address).filter(|_| self.is_trusted(client)) else { break };
            client = address;
        }
        ClientAddress(client)
    }

    /// A place for a request, where it has to have one: behind a proxy the connections are the proxy's, and what counts is requests. `None`
    /// where its address has too many.
    pub fn enter_request(&self, peer: IpAddr, client: ClientAddress) -> Option<Option<Place>> {
        if client.0 == peer { Some(None) } else { self.enter(client.0).map(Some) }
    }

    fn is_trusted(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(&address))
    }

    // Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place of an address. Dropped, it is free. In a box: most streams of a proxy or of this machine need none.
pub struct Place(Option<Box<(Addresses, IpAddr)>>);

impl Drop for Place {
    fn drop(&mut self) {
        let Some((addresses, address)) = self.0.as_deref() else { return };
        let mut counts = addresses.lock();
        if let Some(count) = counts.get_mut(address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(address);
            }
        }
    }
}

/// What is counted as one address.
fn counted(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) if !address.is_loopback() => Ipv6Net::new_assert(address, NETWORK).network().into(),
        address => address,
    }
}

/// The `for` of one hop of `forwarded`.
fn forwarded_for(hop: &str) -> Option<&str> {
    let parameters = hop.split(';').filter_map(|parameter| parameter.trim().split_once('='));
    parameters.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("for")).map(|(_, node)| node.trim_matches('"'))
}

/// An address, with or without a port or brackets.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bracketed = text.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(address, _)| address);
    let with_port = text.parse().map(|address: std::net::SocketAddr| address.ip());
    bracketed.unwrap_or(text).parse().or(with_port).ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn addresses(limit: usize) -> Addresses {
        Addresses::new(limit, &["10.0.0.0/8".parse().unwrap(), "127.0.0.1/32".parse().unwrap()])
    }

    fn client(peer: &str, headers: &[(HeaderName, &'static str)]) -> String {
        let headers = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
        addresses(1).client(peer.parse().unwrap(), &headers).0.to_string()
    }

    #[test]
    fn only_a_trusted_proxy_says_where_a_request_comes_from() {
        assert_eq!(client("192.0.2.1", &[(X_FORWARDED_FOR, "192.0.2.9")]), "192.0.2.1");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &[(X_FORWARDED_FOR, "192.0.2.9")]), "192.0.2.9");
        assert_eq!(client("::ffff:10.0.0.1", &[(X_FORWARDED_FOR, "192.0.2.9:4711")]), "192.0.2.9");
        assert_eq!(client("127.0.0.1", &[(FORWARDED, "for=192.0.2.8, for=\"[2001:db8::1]:80\";proto=https")]), "2001:db8::1");
    }

    #[test]
    fn what_a_client_writes_before_the_proxys_address_is_not_believed() {
        assert_eq!(client("10.0.0.1", &[(X_FORWARDED_FOR, "198.51.100.1, 192.0.2.9, 10.0.0.2")]), "192.0.2.9");
        assert_eq!(client("10.0.0.1", &[(X_FORWARDED_FOR, "198.51.100.1, nobody")]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &[(X_FORWARDED_FOR, "192.0.2.9"), (FORWARDED, "for=198.51.100.1")]), "192.0.2.9");
    }

    #[test]
    fn an_address_has_as_many_places_as_the_limit_and_gets_them_back() {
        let addresses = addresses(2);
        let enter = |address: &str| addresses.enter(address.parse().unwrap());
        let places = [enter("192.0.2.1"), enter("192.0.2.1")];
        assert!(places.iter().all(Option::is_some) && enter("192.0.2.1").is_none());
        assert!(enter("::ffff:192.0.2.1").is_none(), "the same in IPv6");
        assert!(enter("192.0.2.2").is_some(), "another");
        drop(places);
        assert!(enter("192.0.2.1").is_some() && addresses.lock().is_empty());
        let _places = [enter("2001:db8::1"), enter("2001:db8::2")];
        assert!(enter("2001:db8::3").is_none() && enter("2001:db8:0:1::1").is_some(), "a network of IPv6 is one address");
    }

    #[test]
    fn loopback_a_trusted_proxy_and_no_limit_pass() {
        let places: Vec<_> = (0..3).map(|_| addresses(1).enter("127.0.0.1".parse().unwrap())).collect();
        assert!(places.iter().all(Option::is_some));
        let limited = addresses(1);
        let proxy = [limited.connect("10.0.0.1".parse().unwrap()), limited.connect("10.0.0.1".parse().unwrap())];
        assert!(proxy.iter().all(Option::is_some));
        let unlimited = addresses(0);
        let places = [unlimited.enter("192.0.2.1".parse().unwrap()), unlimited.enter("192.0.2.1".parse().unwrap())];
        assert!(places.iter().all(Option::is_some));
    }
}
