//! Who may: bearer tokens, of which only the hash is kept.
//!
//! A token is 32 random bytes; its SHA-256 is as good a key as a slow hash would be, since there is
//! nothing to guess.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use anyhow::Context;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use crate::domain::{At, Caller, FeedId, Role, ServiceId};
use crate::faces::failure;
use crate::faces::session::Sessions;

/// Roles that see what is for professionals.
pub const PROFESSIONALS: [Role; 4] = [Role::Clinician, Role::Crew, Role::Service, Role::Operator];

const FILE: &str = "tokens.toml";
const SECRET_BYTES: usize = 32;
const PREFIX: &str = "uec_";

/// One token in the file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    label: String,
    role: String,
    #[serde(default)]
    feeds: Vec<FeedId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    services: Vec<ServiceId>,
    sha256: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    token: Vec<Record>,
}

/// Decides who a caller is.
#[derive(Clone)]
pub struct Access {
    /// `None`: everybody may do everything (`--open`).
    tokens: Option<Arc<Tokens>>,
    sessions: Sessions,
}

struct Tokens {
    folder: PathBuf,
    known: RwLock<BTreeMap<String, Caller>>,
}

impl Access {
    /// Access control is off.
    pub fn open() -> Self {
        Self {
            tokens: None,
            sessions: Sessions::default(),
        }
    }

    /// Tokens from the folder's file; no file, no tokens.
    pub fn load(folder: &Path) -> anyhow::Result<Self> {
        let known = RwLock::new(read(folder)?);
        Ok(Self {
            tokens: Some(Arc::new(Tokens {
                folder: folder.to_owned(),
                known,
            })),
            sessions: Sessions::default(),
        })
    }

    /// The caller that a token names, if it has one of the roles. Where access control is off anybody has
    /// the first of them.
    pub fn find_caller(&self, secret: Option<&str>, roles: &[Role]) -> Option<Caller> {
        if self.tokens.is_none() {
            return roles.first().map(|role| Caller {
                role: *role,
                name: "anybody".into(),
                feeds: Vec::new(),
                services: Vec::new(),
            });
        }
        self.known(secret)
            .filter(|caller| roles.contains(&caller.role))
    }

    /// Who is asking, by a token or by the cookie of a page, if they have one of the roles. Only for
    /// questions that change nothing: a cookie may be sent without the person's will.
    pub fn find_reader(&self, headers: &HeaderMap, roles: &[Role], now: At) -> Option<Caller> {
        let by_cookie = || {
            let caller = self.sessions.find(headers, now, hash)?;
            roles.contains(&caller.role).then_some(caller)
        };
        self.find_caller(secret(headers), roles).or_else(by_cookie)
    }

    /// Opens a session for the holder of a token; what its cookie holds. A feed's token opens none.
    pub fn sign_in(&self, token: &str, now: At) -> Option<String> {
        let caller = self.find_caller(Some(token), &PROFESSIONALS)?;
        self.sessions.open(caller, now, hash)
    }

    /// Ends the session of a cookie.
    pub fn sign_out(&self, headers: &HeaderMap) {
        self.sessions.close(headers, hash);
    }

    /// The caller that a token names. A token not known yet may have been made since the file was read, so
    /// the file is read once more.
    fn known(&self, secret: Option<&str>) -> Option<Caller> {
        let tokens = self.tokens.as_ref()?;
        let hash = hash(secret?);
        let known = |tokens: &Tokens| {
            tokens
                .known
                .read()
                .ok()
                .and_then(|known| known.get(&hash).cloned())
        };
        known(tokens).or_else(|| {
            let fresh = read(&tokens.folder).ok()?;
            *tokens.known.write().ok()? = fresh;
            known(tokens)
        })
    }
}

/// The secret of `Authorization: Bearer …` or, as the capacity status API has it, `Token …`.
pub fn secret(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    text.strip_prefix("Bearer ")
        .or_else(|| text.strip_prefix("Token "))
        .map(str::trim)
}

/// What a route asks for.
#[derive(Clone)]
pub struct Gate {
    /// Who is who.
    pub access: Access,
    /// The role that may.
    pub role: Role,
}

/// Middleware: lets a caller of the gate's role through and tells the handler who it is.
pub async fn require(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    let secret = secret(request.headers());
    let caller = gate.access.find_caller(secret, &[gate.role]);
    match caller {
        None if gate.access.known(secret).is_some() => failure(
            StatusCode::FORBIDDEN,
            "not_allowed",
            "this token may not do that",
            "ask the operator for a token of the right role",
        ),
        None => {
            let what = "send `Authorization: Bearer` and a token made by `uec-live token new`";
            let mut answer = failure(
                StatusCode::UNAUTHORIZED,
                "sign_in",
                "no valid token was sent",
                what,
            );
            answer
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            answer
        }
        Some(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await.into_response()
        }
    }
}

/// Middleware: lets professionals through and tells the handler who it is.
pub async fn signed_in(State(access): State<Access>, mut request: Request, next: Next) -> Response {
    let roles = [Role::Clinician, Role::Service, Role::Operator];
    let Some(caller) = access.find_caller(secret(request.headers()), &roles) else {
        return failure(
            StatusCode::UNAUTHORIZED,
            "sign_in",
            "sign in",
            "send a token",
        );
    };
    request.extensions_mut().insert(caller);
    next.run(request).await
}

/// Makes a token, adds its hash to the folder's file and gives the secret, which is not kept.
pub fn mint_into(
    folder: &Path,
    role: Role,
    (feeds, services): (Vec<FeedId>, Vec<ServiceId>),
    label: &str,
) -> anyhow::Result<String> {
    let mut random = [0; SECRET_BYTES];
    aws_lc_rs::rand::fill(&mut random).context("no random bytes")?;
    let secret = format!("{PREFIX}{}", hex(&random));
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let mut file = read_file(folder)?;
    file.token.push(Record {
        label: label.to_owned(),
        role: role.label().to_owned(),
        feeds,
        services,
        sha256: hash(&secret),
    });
    let fresh = folder.join(format!("{FILE}.new"));
    std::fs::write(&fresh, toml::to_string(&file)?)?;
    std::fs::rename(&fresh, folder.join(FILE))?;
    Ok(secret)
}

fn read_file(folder: &Path) -> anyhow::Result<File> {
    let place = folder.join(FILE);
    match std::fs::read_to_string(&place) {
        Ok(text) => {
            toml::from_str(&text).with_context(|| format!("{} is not right", place.display()))
        }
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(File::default()),
        Err(why) => Err(why).with_context(|| format!("cannot read {}", place.display())),
    }
}

fn read(folder: &Path) -> anyhow::Result<BTreeMap<String, Caller>> {
    let mut known = BTreeMap::new();
    for record in read_file(folder)?.token {
        let role = Role::ALL
            .into_iter()
            .find(|role| role.label() == record.role);
        let role = role.with_context(|| format!("{FILE}: {} is no role", record.role))?;
        known.insert(
            record.sha256,
            Caller {
                role,
                name: record.label.into(),
                feeds: record.feeds,
                services: record.services,
            },
        );
    }
    Ok(known)
}

fn hash(secret: &str) -> String {
    hex(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, secret.as_bytes()).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or_default();
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_its_secret_and_only_by_it() {
        let folder = tempfile::tempdir().unwrap();
        let access = Access::load(folder.path()).unwrap();
        let feed = FeedId::new("dhu-oadby").unwrap();
        let secret = mint_into(
            folder.path(),
            Role::Feed,
            (vec![feed.clone()], Vec::new()),
            "Oadby",
        )
        .unwrap();
        let caller = access
            .find_caller(Some(&secret), &[Role::Feed])
            .expect("made after the file was read");
        assert!(caller.may_send_for(&feed));
        assert!(!caller.may_send_for(&FeedId::new("uhl-adt").unwrap()));
        assert_eq!(access.find_caller(Some(&secret), &[Role::Operator]), None);
        assert_eq!(access.find_caller(Some("uec_guess"), &Role::ALL), None);
        assert_eq!(access.find_caller(None, &Role::ALL), None);
    }
}
