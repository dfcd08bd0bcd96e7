//! Style and script, built by Vite and carried in the binary.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use axum::extract::Path;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;
use serde::Deserialize;

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
struct Dist;

/// The entry of Vite's manifest.
#[derive(Deserialize)]
struct Chunk {
    file: String,
    #[serde(default)]
    css: Vec<String>,
}

const MANIFEST: &str = ".vite/manifest.json";
/// The script of most pages.
pub const MAIN: &str = "src/main.ts";
/// The script of the crew's page.
pub const CREW: &str = "src/crew/main.ts";
/// What keeps the crew's page when there is no signal.
const WORKER: &str = "src/crew/worker.ts";

fn manifest() -> &'static BTreeMap<String, Chunk> {
    static FOUND: OnceLock<BTreeMap<String, Chunk>> = OnceLock::new();
    FOUND.get_or_init(|| {
        let file = Dist::get(MANIFEST);
        let read = file.and_then(|file| serde_json::from_slice(&file.data).ok());
        read.unwrap_or_else(|| {
            tracing::error!("the web assets are not in this binary; run `make build`");
            BTreeMap::new()
        })
    })
}

/// The addresses of an entry's style and script, names hashed by their contents.
pub fn entry(name: &str) -> (String, Option<String>) {
    let Some(chunk) = manifest().get(name) else {
        return (String::new(), None);
    };
    let css = chunk.css.first().map(|css| format!("/{css}"));
    (css.unwrap_or_default(), Some(format!("/{}", chunk.file)))
}

/// `GET /crew/worker.js`: always of this version, and for the page itself.
pub async fn worker() -> Response {
    let file = manifest()
        .get(WORKER)
        .and_then(|chunk| Dist::get(&chunk.file));
    let Some(file) = file else {
        return (StatusCode::NOT_FOUND, "no such asset\n").into_response();
    };
    let fields = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        (HeaderName::from_static("service-worker-allowed"), "/crew"),
    ];
    (fields, file.data.into_owned()).into_response()
}

/// A file whose name changes with its contents, so it may be kept for ever.
pub async fn serve(Path(file): Path<String>) -> Response {
    let Some(found) = Dist::get(&format!("assets/{file}")) else {
        return (StatusCode::NOT_FOUND, "no such asset\n").into_response();
    };
    let kind = match file.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    };
    let mut answer = found.data.into_owned().into_response();
    let fields = answer.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    fields.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    answer
}
