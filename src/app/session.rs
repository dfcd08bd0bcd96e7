//! Signed in with a page: a token, given once, becomes a cookie that only this server reads.
//!
//! Sessions are kept in memory: a restart signs everybody out. The cookie is never sent from another site
//! (`SameSite=Strict`) and no script can read it.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, header};
use dashmap::DashMap;

use domain::time::{HOUR, Millis};
use domain::{At, Caller};

/// Name of the cookie.
const COOKIE: &str = "uec_session";
/// A session ends after so long: one shift.
const LENGTH: Millis = 12 * HOUR;
/// Sessions kept at once; beyond them the one that ends first goes.
const SESSIONS_MAX: usize = 10_000;

/// One session.
struct Open {
    caller: Caller,
    /// The hash of the token that it was opened with: it ends with it.
    token: String,
    ends: At,
}

/// Who is signed in.
#[derive(Clone, Default)]
pub struct Sessions {
    open: Arc<DashMap<String, Open>>,
}

impl Sessions {
    /// Opens a session; the value of its cookie, of which only the hash is kept.
    pub fn open(
        &self,
        caller: Caller,
        token: String,
        now: At,
        hash: impl Fn(&str) -> String,
    ) -> Option<String> {
        self.open.retain(|_, open| open.ends > now);
        if self.open.len() >= SESSIONS_MAX {
            let first = self.open.iter().min_by_key(|entry| entry.value().ends);
            let first = first.map(|entry| entry.key().clone());
            if let Some(first) = first {
                self.open.remove(&first);
            }
        }
        let mut random = [0_u8; 32];
        aws_lc_rs::rand::fill(&mut random).ok()?;
        let secret = data_encoding::HEXLOWER.encode(&random);
        let open = Open {
            caller,
            token,
            ends: now.plus(LENGTH),
        };
        self.open.insert(hash(&secret), open);
        Some(secret)
    }

    /// Who is signed in with the cookie, if it still holds, and the hash of their token.
    pub fn find(
        &self,
        headers: &HeaderMap,
        now: At,
        hash: impl Fn(&str) -> String,
    ) -> Option<(Caller, String)> {
        let open = self.open.get(&hash(cookie(headers)?))?;
        (open.ends > now).then(|| (open.caller.clone(), open.token.clone()))
    }

    /// Ends the session of the cookie.
    pub fn close(&self, headers: &HeaderMap, hash: impl Fn(&str) -> String) {
        if let Some(secret) = cookie(headers) {
            self.open.remove(&hash(secret));
        }
    }
}

/// The header that sets the cookie; `is_secure` where the page came by TLS.
pub fn set_cookie(secret: &str, is_secure: bool) -> Option<HeaderValue> {
    let secure = if is_secure { "; Secure" } else { "" };
    let seconds = LENGTH / 1_000;
    HeaderValue::from_str(&format!(
        "{COOKIE}={secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}"
    ))
    .ok()
}

/// The header that takes the cookie away.
pub fn drop_cookie() -> HeaderValue {
    HeaderValue::from_static("uec_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0")
}

/// A form was sent by a page of ours: a browser says from where, and nothing else signs in by form.
pub fn is_from_here(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let host = text(header::HOST.as_str());
    text(header::ORIGIN.as_str()).is_none_or(|origin| {
        let of_origin = origin.split("://").nth(1);
        of_origin.is_some() && of_origin == host
    })
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let all = headers.get_all(header::COOKIE).iter();
    let mut pairs = all
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(';'));
    pairs.find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Role;

    fn caller() -> Caller {
        Caller {
            role: Role::Clinician,
            name: "a clinician".into(),
            feeds: Vec::new(),
            services: Vec::new(),
        }
    }

    fn with_cookie(secret: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let text = format!("other=1; {COOKIE}={secret}");
        headers.insert(header::COOKIE, text.parse().unwrap());
        headers
    }

    #[test]
    fn a_session_lasts_a_shift_and_ends_when_it_is_closed() {
        let sessions = Sessions::default();
        let plain = |text: &str| text.to_owned();
        let secret = sessions
            .open(caller(), "t".to_owned(), At(0), plain)
            .unwrap();
        let headers = with_cookie(&secret);
        assert_eq!(
            sessions.find(&headers, At(LENGTH - 1), plain),
            Some((caller(), "t".to_owned()))
        );
        assert_eq!(sessions.find(&headers, At(LENGTH), plain), None);
        assert_eq!(sessions.find(&with_cookie("guess"), At(0), plain), None);
        assert_eq!(sessions.find(&HeaderMap::new(), At(0), plain), None);
        sessions.close(&headers, plain);
        assert_eq!(sessions.find(&headers, At(0), plain), None);
    }

    #[test]
    fn a_form_of_another_site_is_not_ours() {
        let of = |pairs: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, value.parse().unwrap());
            }
            is_from_here(&headers)
        };
        assert!(of(&[("sec-fetch-site", "same-origin")]));
        assert!(!of(&[("sec-fetch-site", "cross-site")]));
        let host = ("host", "live.example:8080");
        assert!(of(&[host, ("origin", "http://live.example:8080")]));
        assert!(!of(&[host, ("origin", "http://evil.example")]));
        assert!(!of(&[host, ("origin", "null")]));
    }
}
