//! Who may: one table of addresses and roles, tokens of which only the hash is kept, sessions of pages.

pub mod table;
pub mod tokens;

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use axum::Json;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

use crate::session::{self, Sessions};
use crate::{AppState, error_response};
use domain::{At, Caller, Clock, Role};
use table::{Allowed, Ruling, ruling};
use tokens::{Tokens, hash};

/// Roles that see what is for professionals.
pub const PROFESSIONALS: [Role; 5] = [
    Role::Clinician,
    Role::Crew,
    Role::Service,
    Role::Operator,
    Role::Manager,
];

/// Decides who a caller is.
#[derive(Clone)]
pub struct Access {
    /// `None`: everybody may do everything (`--open`).
    tokens: Option<Arc<Tokens>>,
    sessions: Sessions,
    /// Addresses of fronts that checked the certificate of booking software before it comes here.
    fronts: Arc<[IpAddr]>,
    /// Nothing here is real: pages for clinicians are for anybody.
    is_demonstration: bool,
}

impl Access {
    /// Access control is off.
    pub fn open() -> Self {
        Self {
            tokens: None,
            sessions: Sessions::default(),
            fronts: [].into(),
            is_demonstration: false,
        }
    }

    /// Tokens from the folder's file; no file, no tokens.
    pub fn load(folder: &Path, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        Ok(Self {
            tokens: Some(Arc::new(Tokens::load(folder, clock)?)),
            ..Self::open()
        })
    }

    /// With fronts that booking software comes through.
    pub fn with_fronts(mut self, fronts: Vec<IpAddr>) -> Self {
        self.fronts = fronts.into();
        self
    }

    /// For a demonstration.
    pub fn for_demonstration(mut self) -> Self {
        self.is_demonstration = true;
        self
    }

    /// The caller that a token names, if it has one of the roles. Where access control is off anybody has
    /// the first of them.
    pub fn find_caller(&self, secret: Option<&str>, roles: &[Role]) -> Option<Caller> {
        let Some(tokens) = &self.tokens else {
            return roles.first().map(|role| somebody(*role, "anybody"));
        };
        let caller = tokens.find(&hash(secret?))?;
        roles.contains(&caller.role).then_some(caller)
    }

    /// Who is asking, by a token or by the cookie of a page, if they have one of the roles. Only for
    /// questions that change nothing: a cookie may be sent without the person's will.
    pub fn find_reader(&self, headers: &HeaderMap, roles: &[Role], now: At) -> Option<Caller> {
        let by_cookie = || {
            let (caller, token) = self.sessions.find(headers, now, hash)?;
            // The session ends with its token.
            let holds = self
                .tokens
                .as_ref()
                .is_none_or(|tokens| tokens.find(&token).is_some());
            (holds && roles.contains(&caller.role)).then_some(caller)
        };
        self.find_caller(secret(headers), roles).or_else(by_cookie)
    }

    /// Opens a session for the holder of a token; what its cookie holds. A feed's token opens none.
    pub fn sign_in(&self, token: &str, now: At) -> Option<String> {
        let caller = self.find_caller(Some(token), &PROFESSIONALS)?;
        self.sessions.open(caller, hash(token), now, hash)
    }

    /// Ends the session of a cookie.
    pub fn sign_out(&self, headers: &HeaderMap) {
        self.sessions.close(headers, hash);
    }
}

fn somebody(role: Role, name: &str) -> Caller {
    Caller {
        role,
        name: name.into(),
        feeds: Vec::new(),
        services: Vec::new(),
    }
}

/// The secret of `Authorization: Bearer …` or, as the capacity status API has it, `Token …`.
pub fn secret(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    text.strip_prefix("Bearer ")
        .or_else(|| text.strip_prefix("Token "))
        .map(str::trim)
}

/// What the gate needs.
#[derive(Clone)]
pub struct Gate {
    access: Access,
    /// For the end of sessions.
    clock: Arc<dyn Clock>,
    /// How software that speaks FHIR is refused.
    fhir_refusal: Refusal,
}

/// Writes a refusal in the form that the asker reads.
pub type Refusal = fn(StatusCode, &HeaderMap, &Uri) -> Response;

/// Middleware before every address: lets through whom the table lets, and tells the handler who it is.
pub async fn gate(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>();
    let Some(path) = path.map(|path| path.as_str().to_owned()) else {
        // No address of ours: whatever says so says it to anybody.
        return next.run(request).await;
    };
    let roles = match ruling(request.method().as_str(), &path) {
        Ruling::May(Allowed::Anybody) => return next.run(request).await,
        // Answered here: a method that a route has and the table has not is never reached.
        Ruling::NoSuchMethod => return gate.no_such_method(&path, &request),
        Ruling::May(Allowed::Roles(roles)) => roles,
        Ruling::Unlisted => {
            tracing::error!(%path, "an address is not in the table of who may, and is refused");
            return gate.refuse(&path, &request, StatusCode::FORBIDDEN);
        }
    };
    match gate.who(&path, &request, roles) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(status) => gate.refuse(&path, &request, status),
    }
}

impl Gate {
    /// The gate of a server.
    pub fn new(access: Access, shared: &AppState, fhir_refusal: Refusal) -> Self {
        Self {
            access,
            clock: Arc::clone(&shared.clock),
            fhir_refusal,
        }
    }

    /// Who asks, if they have one of the roles.
    fn who(&self, path: &str, request: &Request, roles: &[Role]) -> Result<Caller, StatusCode> {
        let headers = request.headers();
        if let Some(caller) = self.access.find_caller(secret(headers), roles) {
            return Ok(caller);
        }
        let is_page = !is_software(path);
        let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
        let now = self.clock.now();
        if let Some(caller) = self.access.find_reader(headers, roles, now) {
            // A browser sends its cookie for whoever asks it to.
            return if changes && !session::is_from_here(headers) {
                Err(StatusCode::FORBIDDEN)
            } else {
                Ok(caller)
            };
        }
        let is_for_clinicians = roles.contains(&Role::Clinician);
        if is_for_clinicians && path.starts_with("/FHIR/R4/") && self.is_front(request) {
            return Ok(somebody(Role::Clinician, "booking front"));
        }
        let mut shown = [Role::Clinician, Role::Crew].into_iter();
        let shown = shown.find(|role| roles.contains(role) && is_page);
        if let Some(role) = shown.filter(|_| self.access.is_demonstration) {
            return if changes && !session::is_from_here(headers) {
                Err(StatusCode::FORBIDDEN)
            } else {
                Ok(somebody(role, "demonstration"))
            };
        }
        let known = self.access.find_reader(headers, &Role::ALL, now).is_some();
        Err(if known {
            StatusCode::FORBIDDEN
        } else {
            StatusCode::UNAUTHORIZED
        })
    }

    fn is_front(&self, request: &Request) -> bool {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        peer.is_some_and(|ConnectInfo(peer)| self.access.fronts.contains(&peer.ip().to_canonical()))
    }

    /// The refusal, in the shape of what was asked.
    fn refuse(&self, path: &str, request: &Request, status: StatusCode) -> Response {
        let is_known = status == StatusCode::FORBIDDEN;
        if path.starts_with("/api/v0.0.1/") {
            let words = if is_known {
                "You do not have permission to perform this action."
            } else {
                "Authentication credentials were not provided."
            };
            return asking(
                "Token",
                status,
                Json(json!({"detail": words})).into_response(),
            );
        }
        if path.starts_with("/FHIR/") {
            let answer = (self.fhir_refusal)(status, request.headers(), request.uri());
            return asking("Bearer", status, answer);
        }
        if is_software(path) {
            let (code, words, what) = if is_known {
                (
                    "not_allowed",
                    "this token may not do that",
                    "ask the operator for a token of the right role",
                )
            } else {
                (
                    "sign_in",
                    "no valid token was sent",
                    "send `Authorization: Bearer` and a token made by `uec-live token new`",
                )
            };
            return asking("Bearer", status, error_response(status, code, words, what));
        }
        if is_known {
            let words = "This is not for your role, or the form was not sent by a page of this site. Nothing was done.\n";
            return (status, words).into_response();
        }
        let is_reading = matches!(*request.method(), Method::GET | Method::HEAD);
        let onward = request.uri().path_and_query().filter(|_| is_reading);
        let home = if path.starts_with("/crew") {
            "/crew"
        } else {
            "/clinician"
        };
        let onward = onward.map_or(home, |onward| onward.as_str());
        let escaped: String = onward
            .bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' => {
                    char::from(byte).to_string()
                }
                other => format!("%{other:02X}"),
            })
            .collect();
        Redirect::to(&format!("/sign-in?next={escaped}")).into_response()
    }

    /// The address is there and has no such method; which it has, as the table says.
    fn no_such_method(&self, path: &str, request: &Request) -> Response {
        let status = StatusCode::METHOD_NOT_ALLOWED;
        let mut answer = if path.starts_with("/FHIR/") {
            (self.fhir_refusal)(status, request.headers(), request.uri())
        } else {
            status.into_response()
        };
        if let Ok(methods) = HeaderValue::from_str(&table::methods(path)) {
            answer.headers_mut().insert(header::ALLOW, methods);
        }
        answer
    }
}

fn is_software(path: &str) -> bool {
    ["/api/", "/feeds/", "/FHIR/", "/metrics"]
        .iter()
        .any(|start| path.starts_with(start))
}

/// An answer that asks for a token, where one was missing.
fn asking(scheme: &'static str, status: StatusCode, answer: Response) -> Response {
    let mut answer = (status, answer).into_response();
    if status == StatusCode::UNAUTHORIZED {
        let scheme = HeaderValue::from_static(scheme);
        answer
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, scheme);
    }
    answer
}

/// Where to go after signing in: a page of ours, never another site.
pub fn onward(next: Option<&str>) -> &str {
    let is_ours = |next: &&str| {
        next.starts_with('/')
            && !next.starts_with("//")
            // A browser drops tabs and ends of line from an address: `/<tab>/evil` would be `//evil`.
            && !next.contains(|letter: char| letter == '\\' || letter.is_control())
            && !next.starts_with("/sign-in")
    };
    next.filter(is_ours).unwrap_or("/clinician")
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Noon;

    impl Clock for Noon {
        fn now(&self) -> At {
            At(0)
        }
    }

    async fn status_of(access: Access, router: axum::Router, method: Method, path: &str) -> u16 {
        let gate_of = Gate {
            access,
            clock: Arc::new(Noon),
            fhir_refusal: |status, _, _| status.into_response(),
        };
        let router = router.layer(axum::middleware::from_fn_with_state(gate_of, gate));
        let peer = ConnectInfo(SocketAddr::from(([10, 0, 0, 6], 4_000)));
        let request = Request::builder()
            .method(method)
            .uri(path)
            .extension(peer)
            .body(axum::body::Body::empty())
            .unwrap();
        let answer = tower::ServiceExt::oneshot(router, request).await.unwrap();
        answer.status().as_u16()
    }

    #[tokio::test]
    async fn a_method_that_a_route_has_and_the_table_has_not_is_not_reached() {
        let folder = tempfile::tempdir().unwrap();
        let access = || Access::load(folder.path(), Arc::new(Noon)).unwrap();
        let router = || {
            let of = axum::routing::get(async || "read").put(async || "changed");
            axum::Router::new().route("/api/v1/waits", of)
        };
        let of = async |method| status_of(access(), router(), method, "/api/v1/waits").await;
        assert_eq!(of(Method::GET).await, 200);
        assert_eq!(of(Method::PUT).await, 405);
    }

    #[tokio::test]
    async fn a_front_is_a_clinician_and_only_under_fhir() {
        let folder = tempfile::tempdir().unwrap();
        let of = async |front: &str, path: &str| {
            let access = Access::load(folder.path(), Arc::new(Noon)).unwrap();
            let access = access.with_fronts(vec![front.parse().unwrap()]);
            let router = axum::Router::new().route(path, axum::routing::get(async || "read"));
            status_of(access, router, Method::GET, path).await
        };
        assert_eq!(of("10.0.0.6", "/FHIR/R4/Slot").await, 200);
        assert_eq!(of("10.0.0.7", "/FHIR/R4/Slot").await, 401);
        assert_eq!(of("10.0.0.6", "/api/v1/bookings").await, 401);
    }

    #[test]
    fn the_way_after_signing_in_never_leads_to_another_site() {
        assert_eq!(onward(Some("/clinician?age=3")), "/clinician?age=3");
        for bad in [
            "//evil.example",
            "https://evil.example",
            "/\\evil",
            "/\t/evil.example",
            "/\n/evil.example",
            "/\0/evil.example",
            "/\u{85}/evil.example",
            "evil",
            "",
            "/sign-in",
        ] {
            assert_eq!(onward(Some(bad)), "/clinician", "{bad}");
        }
        assert_eq!(onward(None), "/clinician");
    }
}
