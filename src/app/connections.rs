//! Places: how many connections there may be, in all and from one address.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use axum::http::HeaderMap;
use dashmap::DashMap;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The network part of an IPv6 address: one household or one hospital, bits.
const IPV6_NETWORK_BITS: u32 = 64;

/// Counts connections, and refuses those beyond what there is room for.
#[derive(Clone)]
pub struct ConnectionLimit {
    free: Arc<Semaphore>,
    by_address: Arc<DashMap<IpAddr, u32>>,
    per_address: u32,
}

/// One connection, counted for as long as this lives.
pub struct ConnectionPermit {
    by_address: Arc<DashMap<IpAddr, u32>>,
    address: IpAddr,
    _one_of_all: OwnedSemaphorePermit,
}

impl ConnectionLimit {
    /// So many in all and from one address.
    pub fn new(all: usize, per_address: u32) -> Self {
        Self {
            free: Arc::new(Semaphore::new(all)),
            by_address: Arc::default(),
            per_address,
        }
    }

    /// A place for a connection from an address, if there is one.
    pub fn take(&self, address: IpAddr) -> Option<ConnectionPermit> {
        let one_of_all = Arc::clone(&self.free).try_acquire_owned().ok()?;
        let address = network(address);
        let mut count = self.by_address.entry(address).or_default();
        if *count >= self.per_address {
            return None;
        }
        *count += 1;
        Some(ConnectionPermit {
            by_address: Arc::clone(&self.by_address),
            address,
            _one_of_all: one_of_all,
        })
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        if let Some(mut count) = self.by_address.get_mut(&self.address) {
            *count -= 1;
        }
        self.by_address
            .remove_if(&self.address, |_, count| *count == 0);
    }
}

/// Whoever has one IPv6 address has all of its network.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let mask = u128::MAX << (u128::BITS - IPV6_NETWORK_BITS);
            Ipv6Addr::from_bits(address.to_bits() & mask).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

/// Reverse proxies whose word about the address of a caller is believed.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(pub Arc<[IpAddr]>);

impl TrustedProxies {
    /// Whether this is one of them.
    pub fn include(&self, peer: IpAddr) -> bool {
        self.0.contains(&peer.to_canonical())
    }

    /// Who is calling: the peer, or whom a proxy of ours says it speaks for, the last name in
    /// `X-Forwarded-For`; what stands before that anybody may have written.
    pub fn caller(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if !self.include(peer) {
            return peer;
        }
        let names = headers.get_all("x-forwarded-for").iter().next_back();
        let last = names.and_then(|value| value.to_str().ok()?.rsplit(',').next());
        last.and_then(|name| name.trim().parse().ok())
            .unwrap_or(peer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_once_its_connection_ends() {
        let places = ConnectionLimit::new(3, 2);
        let [a, b] = ["192.0.2.1", "192.0.2.2"].map(|text| text.parse::<IpAddr>().unwrap());
        let first = places.take(a).unwrap();
        let _second = places.take(a).unwrap();
        assert!(places.take(a).is_none(), "one address has two places");
        let _other = places.take(b).unwrap();
        assert!(places.take(b).is_none(), "there are three in all");
        drop(first);
        assert!(places.take(a).is_some());
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let places = ConnectionLimit::new(9, 1);
        let _held = places.take("2001:db8:1:2::1".parse().unwrap()).unwrap();
        assert!(
            places
                .take("2001:db8:1:2:ffff::9".parse().unwrap())
                .is_none()
        );
        assert!(places.take("2001:db8:1:3::1".parse().unwrap()).is_some());
    }

    #[test]
    fn only_a_proxy_of_ours_is_believed_and_only_its_own_word() {
        let [proxy, other] = ["10.0.0.1", "192.0.2.7"].map(|text| text.parse::<IpAddr>().unwrap());
        let proxies = TrustedProxies(Arc::new([proxy]));
        let mut headers = HeaderMap::new();
        assert_eq!(proxies.caller(proxy, &headers), proxy);
        let text = "1.1.1.1, 198.51.100.9".parse().unwrap();
        headers.insert("x-forwarded-for", text);
        assert_eq!(proxies.caller(other, &headers), other);
        assert_eq!(proxies.caller(proxy, &headers).to_string(), "198.51.100.9");
    }
}
